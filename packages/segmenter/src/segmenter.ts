import { EVALUATION, hostTensor, reshape, transpose, withParameters, type Backend, type Box, type HostTensor, type HostTensors, type Picture, type Program, type Step, type Tensors } from '@reidkit/core-tensor'; // prettier-ignore
import { FrameGeometry } from './frame-geometry.ts';
import { logitsOnFrame } from './logits-on-frame.ts';
import { maskBox } from './mask-box.ts';
import { checkedPrompt, isAmbiguous, promptForm, promptTensors, type MaskPrompt } from './mask-prompt.ts';
import { normalizedFrame, padFrame } from './prepare-frame.ts';
import type { MaskPromptCall } from './prompt-encoder.ts';
import { readSam, type ReadSamOptions } from './read-sam.ts';
import type { Sam } from './sam.ts';

/** What a {@link Segmenter} works with. */
export interface SegmenterParts {
  /** The model, which needs no numbers of its own. */
  readonly sam: Sam;
  /** Numbers of `sam` by path. */
  readonly tensors: HostTensors;
  /** What it is, for people. */
  readonly title?: string;
}

/** A frame that was looked at once, for any number of prompts. */
export interface EncodedFrame {
  /** Vectors of the frame `[1, C, h, w]`. */
  readonly image: HostTensor;
  /** How the frame lies in the model's input. */
  readonly geometry: FrameGeometry;
}

/** How masks are chosen. */
export interface MaskOptions {
  /**
   * `first`: the mask for prompts that leave no doubt; `best`: of the others, the one guessed to be best; `auto`: `best` for a single point,
   * which can mean a person or a coat, else `first`. Default: `auto`.
   */
  readonly choice?: 'auto' | 'first' | 'best';
}

/** Masks of a frame, one for each prompt, in their order. */
export interface Segmentation {
  /** Height of the frame in pixels. */
  readonly height: number;
  /** Width of the frame in pixels. */
  readonly width: number;
  /** Logits of each mask, `[height, width]` row by row; above 0 is inside. */
  readonly logits: readonly Float32Array[];
  /** The box around each mask in pixels of the frame; null for an empty mask. */
  readonly boxes: readonly (Box | null)[];
  /** How well each mask is guessed to overlap the truth. */
  readonly quality: readonly number[];
}

/** Most prompts that run together. */
const MAX_ROWS = 16;

/** Rows are made up to a power of two, so that few sizes are compiled. */
const paddedRows = (count: number): number => 2 ** Math.ceil(Math.log2(count));

function callOf({ places, labels, boxes }: Tensors): MaskPromptCall {
  return { ...(places && labels ? { points: { places, labels } } : {}), ...(boxes ? { boxes } : {}) };
}

/** One mask as the model gives it. */
interface LowMask {
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array;
  readonly quality: number;
}

/** Finds masks in pictures by boxes and points. */
export class Segmenter {
  /** What it is, for people. */
  readonly title: string;
  readonly #sam: Sam;
  readonly #encoder: Program;
  readonly #decoder: Program;
  /** The model works on one thing at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor({ sam, tensors, title = 'a Segment Anything' }: SegmenterParts, { makeProgram }: Pick<Backend, 'makeProgram'>) {
    this.title = title;
    this.#sam = sam;
    const ofEncoder = (path: string): boolean => path.startsWith('image_encoder.');
    const numbers = (which: (path: string) => boolean): HostTensors =>
      Object.fromEntries(Object.entries(tensors).filter(([path]) => which(path)));
    this.#encoder = makeProgram(this.#encodeStep(), { parameters: numbers(ofEncoder) });
    this.#decoder = makeProgram(this.#decodeStep(), { parameters: numbers((path) => !ofEncoder(path)) });
  }

  /** Reads a checkpoint of SAM. Rejects with FILE_NOT_FOUND, FILE_INVALID or CHECKPOINT_MISMATCH. */
  static async open(weights: string, backend: Pick<Backend, 'makeProgram'>, options: ReadSamOptions = {}): Promise<Segmenter> {
    return new Segmenter(await readSam(weights, options), backend);
  }

  /** Looks at a picture: the long part of the work, which all prompts share. */
  encode(picture: Picture): Promise<EncodedFrame> {
    return this.#inTurn(async () => {
      const { side } = this.#sam;
      const geometry = new FrameGeometry({ width: picture.width, height: picture.height }, side);
      const pixels = padFrame(await normalizedFrame(picture, geometry.shown), geometry.shown, side);
      const { outputs } = await this.#encoder.run({ batch: { images: hostTensor(pixels, [1, side, side, 3]) } });
      // Outputs may be taken back by the engine at the next run.
      const { data, shape } = outputs.image!;
      return { image: hostTensor(Float32Array.from(data), shape), geometry };
    });
  }

  /** A mask for each prompt. Rejects with INVALID_ARGUMENT for prompts that ask for nothing, or for what is not in the frame. */
  async masks(
    picture: Picture | EncodedFrame,
    prompts: readonly MaskPrompt[],
    { choice = 'auto' }: MaskOptions = {},
  ): Promise<Segmentation> {
    const frame = 'geometry' in picture ? picture.geometry.frame : picture;
    const checked = prompts.map((prompt) => checkedPrompt(prompt, frame));
    const encoded = 'geometry' in picture ? picture : await this.encode(picture);
    const low = await this.#inTurn(() => this.#lowMasks(encoded, checked, choice));
    const { place } = encoded.geometry;
    const logits = low.map((mask) => logitsOnFrame(mask, place));
    const { width, height } = frame;
    return {
      height,
      width,
      logits,
      boxes: logits.map((mask) => maskBox(mask, { width, height })),
      quality: low.map(({ quality }) => quality),
    };
  }

  /** Frees the model's numbers. */
  dispose(): void {
    this.#encoder.dispose();
    this.#decoder.dispose();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => undefined);
    return next;
  }

  #encodeStep(): Step {
    const { image_encoder: encoder } = this.#sam;
    return ({ parameters, batch }) =>
      withParameters(this.#sam, parameters, () => {
        const { patches, grid } = encoder.forward(batch.images!, EVALUATION);
        const image = transpose(reshape(patches, [1, ...grid, encoder.width]), [0, 3, 1, 2]);
        return { outputs: { image } };
      });
  }

  #decodeStep(): Step {
    const { prompt_encoder: prompts, mask_decoder: decoder } = this.#sam;
    return ({ parameters, batch }) =>
      withParameters(this.#sam, parameters, () => {
        const { sparse, dense } = prompts.forward(callOf(batch), EVALUATION);
        const { logits, quality } = decoder.forward({ image: batch.image!, positions: prompts.positions(), sparse, dense }, EVALUATION);
        return { outputs: { logits, quality } };
      });
  }

  async #lowMasks(encoded: EncodedFrame, prompts: readonly MaskPrompt[], choice: 'auto' | 'first' | 'best'): Promise<LowMask[]> {
    const forms = new Map<string, number[]>();
    prompts.forEach((prompt, i) => forms.set(promptForm(prompt), [...(forms.get(promptForm(prompt)) ?? []), i]));
    const found: LowMask[] = [];
    for (const places of forms.values()) {
      for (let from = 0; from < places.length; from += MAX_ROWS) {
        const part = places.slice(from, from + MAX_ROWS);
        const masks = await this.#decode(encoded, part.map((i) => prompts[i]!), choice); // prettier-ignore
        part.forEach((i, row) => (found[i] = masks[row]!));
      }
    }
    return found;
  }

  async #decode({ image, geometry }: EncodedFrame, prompts: readonly MaskPrompt[], choice: 'auto' | 'first' | 'best'): Promise<LowMask[]> {
    const rows = Array.from({ length: paddedRows(prompts.length) }, (_, row) => prompts[Math.min(row, prompts.length - 1)]!);
    const { outputs } = await this.#decoder.run({ batch: { image, ...promptTensors(rows, geometry) } });
    const [, masks, height, width] = outputs.logits!.shape as [number, number, number, number];
    const quality = outputs.quality!.data;
    return prompts.map((prompt, row) => {
      const takesBest = choice === 'best' || (choice === 'auto' && isAmbiguous(prompt));
      const guesses = Array.from(quality.subarray(row * masks, (row + 1) * masks));
      const mask = takesBest && masks > 1 ? guesses.indexOf(Math.max(...guesses.slice(1)), 1) : 0;
      const size = height * width;
      const from = (row * masks + mask) * size;
      return { height, width, data: Float32Array.from(outputs.logits!.data.subarray(from, from + size)), quality: guesses[mask]! };
    });
  }
}
