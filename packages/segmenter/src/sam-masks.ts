import { createHash } from 'node:crypto';
import { ReidError, defineComponent, type Annotation, type AnnotationItem, type Annotator, type Backend, type HostTensors } from '@reidkit/core-tensor'; // prettier-ignore
import { createImageDecoder, encodeRle, rleText, type ImageDecoder } from '@reidkit/datasets';
import { z } from 'zod';
import { maskFaults } from './mask-faults.ts';
import { readSam } from './read-sam.ts';
import { Segmenter, type EncodedFrame } from './segmenter.ts';

/** Options of `annotator/sam-masks`. */
const samMasksOptions = z.strictObject({
  weights: z.string().min(1).describe("checkpoint of Segment Anything: sam_vit_b_01ec64.pth or another, or `reidkit import`'s"),
  decoderHeads: z.number().int().positive().default(8).describe('attention heads of its mask decoder'),
  least: z.number().min(0).max(1).default(0).describe('guessed quality that a mask must have, or there is none'),
});

/** Everything that is made once, before the first image. */
interface Ready {
  readonly segmenter: Segmenter;
  readonly decoder: ImageDecoder;
}

/** Beginning of a hash of numbers and their names. */
function hashOf(tensors: HostTensors): string {
  const hash = createHash('sha256');
  for (const [name, { data }] of Object.entries(tensors).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex').slice(0, 16);
}

class SamMasks implements Annotator {
  readonly name = 'sam-masks';
  readonly producer = 'annotator/sam-masks 1';
  readonly prompt: string;
  readonly gives = ['maskRuns', 'attributes'] as const;
  readonly #options: z.output<typeof samMasksOptions>;
  #model: string;
  #ready: Ready | undefined;
  #frame: { readonly file: string; readonly encoded: Promise<EncodedFrame> } | undefined;

  constructor(options: z.output<typeof samMasksOptions>) {
    this.#options = options;
    this.#model = options.weights;
    this.prompt = `box of the person, else the whole image; least ${options.least}`;
  }

  get model(): string {
    return this.#model;
  }

  async start(backend: Pick<Backend, 'makeProgram'>): Promise<void> {
    const { weights, decoderHeads } = this.#options;
    const read = await readSam(weights, { decoderHeads });
    this.#model = `${read.title}, SHA-256 ${hashOf(read.tensors)}`;
    this.#ready = { segmenter: new Segmenter(read, backend), decoder: await createImageDecoder() };
  }

  async annotate(item: AnnotationItem): Promise<Annotation | null> {
    if (!this.#ready) {
      throw new ReidError('UNINITIALIZED', 'annotator/sam-masks was asked before it was started.', { hint: 'call start(backend) first.' });
    }
    const { segmenter } = this.#ready;
    const box = item.person?.box ?? [0, 0, item.width, item.height];
    const { logits, quality, width, height } = await segmenter.masks(await this.#encoded(item, this.#ready), [{ box }]);
    const [mask, guess] = [logits[0]!, Math.min(1, Math.max(0, quality[0]!))];
    const faults = maskFaults(mask, box, { width, height });
    if (faults.includes('empty') || guess < this.#options.least) return null;
    const runs = encodeRle(mask.map((logit) => Number(logit > 0)), { height, width }); // prettier-ignore
    return {
      maskRuns: { size: [height, width], counts: rleText(runs) },
      quality: guess,
      ...(faults.length > 0 ? { attributes: { maskFaults: faults.join(' ') } } : {}),
    };
  }

  /** The people of a frame come one after another: it is looked at once. */
  #encoded({ file, bytes }: AnnotationItem, { segmenter, decoder }: Ready): Promise<EncodedFrame> {
    if (this.#frame?.file !== file) {
      const encoded = bytes().then(async (content) => segmenter.encode(await decoder.decode(content, file)));
      this.#frame = { file, encoded };
      encoded.catch(() => (this.#frame = undefined));
    }
    return this.#frame.encoded;
  }
}

/**
 * `annotator/sam-masks`: the mask of each person by its box, or of whoever fills an image. Quality is what the model guesses; what is odd about a
 * mask stands in the attribute `maskFaults`.
 */
export const samMasks = defineComponent({
  summary: 'Masks of people by Segment Anything, from their boxes.',
  paper: 'https://arxiv.org/abs/2304.02643',
  options: samMasksOptions,
  build: (options): Annotator => new SamMasks(options),
});
