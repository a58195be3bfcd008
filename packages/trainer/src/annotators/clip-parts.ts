import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import {
  type Annotation, type AnnotationItem, type Annotator, type Backend, defineComponent, EVALUATION, hostTensor, type HostTensor, type HostTensors, type Program, Random, ReidError, reshape, slice,
  withParameters,
} from '@reidkit/core-tensor'; // prettier-ignore
import { buildPipeline, createImageDecoder, type ImageDecoder, MASK_PARTS, type MaskPart, type SamplePipeline } from '@reidkit/datasets';
import { prototypeMasks, readTokenizer } from '@reidkit/encoders';
import { type ClipPartsOptions, clipPartsOptions } from './clip-parts-options.ts';
import { paintParts, smoothShares } from './part-map.ts';
import { type ReadClip, readClip } from './read-clip.ts';

/** Everything that is made once, before the first image. */
interface Ready {
  readonly program: Program;
  /** Descriptors of background and parts `[P, E]`. */
  readonly prototypes: HostTensor;
  readonly grid: readonly [height: number, width: number];
  readonly decoder: ImageDecoder;
  readonly pipeline: SamplePipeline;
}

type Phrases = ClipPartsOptions['phrases'];

/** Background and parts that have phrases, by their numbers in masks. */
const partsOf = (phrases: Phrases): MaskPart[] => MASK_PARTS.filter((part) => phrases[part] !== undefined);

/** Mean of rows of length 1, each `[E]`, of length 1 itself. */
function meanDirection(rows: readonly Float32Array[]): Float32Array {
  const scaled = (row: Float32Array): Float32Array => row.map((x) => x / Math.hypot(...row));
  const sum = new Float32Array(rows[0]!.length);
  for (const row of rows) scaled(row).forEach((x, k) => (sum[k]! += x));
  return scaled(sum);
}

/** Descriptors of what the options say of background and parts, one text after the other: `[P, E]`. */
async function describeParts(
  { clip, text, tensors }: ReadClip,
  options: ClipPartsOptions,
  { makeProgram }: Pick<Backend, 'makeProgram'>,
): Promise<HostTensor> {
  const tokenizer = await readTokenizer(options.tokenizer ?? dirname(options.weights));
  const program = makeProgram(
    ({ parameters, batch }) =>
      withParameters(clip, parameters, () => ({ outputs: { summary: clip.encodeText({ ids: batch.textIds! }, EVALUATION) } })),
    { parameters: tensors },
  );
  const describe = async (sentence: string): Promise<Float32Array> => {
    const { ids } = tokenizer.encode([sentence], { length: text.length });
    return Float32Array.from((await program.run({ batch: { textIds: ids } })).outputs.summary!.data);
  };
  const rows: Float32Array[] = [];
  for (const part of partsOf(options.phrases)) {
    const sentences = options.phrases[part]!.flatMap((phrase) => options.templates.map((template) => template.replaceAll('{}', phrase)));
    const described: Float32Array[] = [];
    for (const sentence of sentences) described.push(await describe(sentence));
    rows.push(meanDirection(described));
  }
  program.dispose();
  const width = rows[0]!.length;
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, at) => data.set(row, at * width));
  return hostTensor(data, [rows.length, width]);
}

/** Beginning of a hash of numbers and their names. */
function hashOf(tensors: HostTensors): string {
  const hash = createHash('sha256');
  for (const [name, { data }] of Object.entries(tensors)) {
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex').slice(0, 16);
}

class ClipParts implements Annotator {
  readonly name = 'clip-parts';
  readonly producer = 'bootstrap: annotator/clip-parts 1';
  readonly prompt: string;
  readonly gives = ['partMask'] as const;
  readonly #options: ClipPartsOptions;
  #ready: Ready | undefined;
  #model: string;
  /** The model works on one image at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ClipPartsOptions) {
    this.#options = options;
    this.#model = basename(options.weights);
    const { weights: _weights, tokenizer: _tokenizer, ...asked } = options;
    this.prompt = `clip-parts-1 ${createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, 16)}`;
  }

  /** What the weights are, once they are read: the same for the same numbers, wherever the file is. */
  get model(): string {
    return this.#model;
  }

  async start(backend: Pick<Backend, 'makeProgram'>): Promise<void> {
    const { imageSize, gamma } = this.#options;
    const read = await readClip(this.#options);
    const { clip, visual, tensors } = read;
    this.#model = `${read.title}, SHA-256 ${hashOf(tensors)}`;
    const prototypes = await describeParts(read, this.#options, backend);
    const [parts, width] = prototypes.shape as [number, number];
    const program = backend.makeProgram(
      ({ parameters, batch }) =>
        withParameters(clip, parameters, () => {
          const tokens = visual.forward(batch.images!, EVALUATION).taps.valueOnly!;
          const cells = tokens.shape[1]! - 1;
          const map = slice(tokens, [0, 1, 0], [1, cells, width]);
          return { outputs: { shares: reshape(prototypeMasks(map, batch.prototypes!, { gamma }), [parts, cells]) } };
        }),
      { parameters: tensors },
    );
    const [height, columns] = imageSize;
    this.#ready = {
      program,
      prototypes,
      grid: visual.grid,
      decoder: await createImageDecoder(),
      pipeline: await buildPipeline([
        { use: 'transform/resize', options: { height, width: columns } },
        { use: 'transform/normalize', options: { constants: 'clip' } },
      ]),
    };
  }

  annotate(item: AnnotationItem): Promise<Annotation | null> {
    const next = this.#last.then(() => this.#annotate(item));
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #annotate({ file, width, height, person, bytes }: AnnotationItem): Promise<Annotation | null> {
    if (person) return null;
    if (!this.#ready)
      throw new ReidError('UNINITIALIZED', 'annotator/clip-parts was asked before it was started.', { hint: 'call start(backend) first.' });
    const { program, prototypes, grid, decoder, pipeline } = this.#ready;
    const [rows, columns] = this.#options.imageSize;
    const images = new Float32Array(rows * columns * 3);
    pipeline.run({ image: await decoder.decode(await bytes(), file) }, Random.seed(0), images);
    const { outputs } = await program.run({ batch: { images: hostTensor(images, [1, rows, columns, 3]), prototypes } });
    const parts = prototypes.shape[0]!;
    const shares = { parts, height: grid[0], width: grid[1], data: Float32Array.from(outputs.shares!.data) };
    const numbers = partsOf(this.#options.phrases).map((part) => MASK_PARTS.indexOf(part));
    const { mask, covered, sureness } = paintParts(smoothShares(shares, this.#options.smoothing), { width, height }, numbers);
    return covered < this.#options.least ? null : { partMask: mask, quality: Math.min(1, sureness) };
  }
}

/**
 * `annotator/clip-parts`: part masks (1 head, 2 upper body, 3 legs, 4 foot) by any CLIP with a vision transformer, from what its last layer's
 * values say of each place and its text side of the names of parts. Quality is the mean share of the part that a pixel got. Its producer says
 * `bootstrap`: nobody has looked at these masks.
 * @see Zhou et al., "Extract Free Dense Labels from CLIP" (ECCV 2022), section 3.2.
 */
export const clipParts = defineComponent({
  summary: 'Part masks by a CLIP and the names of parts, without any training (MaskCLIP): a bootstrap.',
  paper: 'https://arxiv.org/abs/2112.01071',
  options: clipPartsOptions,
  build: (options): Annotator => new ClipParts(options),
});
