import { EVALUATION } from '../context.ts';
import { ReidError } from '../errors.ts';
import { hostTensor, type HostTensors } from '../host-tensor.ts';
import type { EncodeCall, ImageEncoder, ImageTokens } from '../kinds/encoder.ts';
import { Random } from '../random.ts';
import { valueAndGradients } from '../step.ts';
import { addN, disposeAll, scoped, slice, sum, tensor, toTensor, type Tensor, type Tensors } from '../tensor.ts';
import { demand, demandEqual, demandNumbers, demandRefusal, largestDifference, type ConformanceCheck } from './conformance-check.ts';
import { moduleChecks, numbersOf, withModel, type ModuleTrial } from './module-checks.ts';

/** What the encoder is tried on. */
export interface EncoderConformanceOptions {
  /** Images in a batch. Default: 2. */
  readonly batch?: number;
  /** Trainable parameters whose gradient may be zero everywhere, such as those behind a scale that starts at 0. */
  readonly zeroGradients?: (path: string) => boolean;
  /** Largest difference between an image encoded alone and in a batch, as a share of the largest number. Default: 1e-4. */
  readonly tolerance?: number;
}

/** Tokens as a flat record of tensors. */
function flatten({ cls, patches, extra, taps }: ImageTokens): Tensors {
  const named = (prefix: string, values: Tensors): [string, Tensor][] =>
    Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]);
  return { ...(cls ? { cls } : {}), patches, ...Object.fromEntries([...named('extra', extra), ...named('taps', taps)]) };
}

function imagesOf([height, width]: readonly [number, number], batch: number): Tensor {
  const numbers = Random.seed(11)
    .fork('images')
    .normal(batch * height * width * 3);
  return toTensor(hostTensor(numbers, [batch, height, width, 3]));
}

function demandTokens({ width, imageSize }: ImageEncoder, tokens: ImageTokens, numbers: HostTensors, batch: number): void {
  const [high, wide] = tokens.grid;
  demand(
    [high, wide].every((length) => Number.isInteger(length) && length > 0),
    `The grid is [${high}, ${wide}].`,
  );
  demand(high <= imageSize[0] && wide <= imageSize[1], `The grid [${high}, ${wide}] is larger than the image [${imageSize.join(', ')}].`);
  demandNumbers('the patches', numbers.patches!, [batch, high * wide, width]);
  if (numbers.cls) demandNumbers('the class token', numbers.cls, [batch, width]);
  for (const [name, value] of Object.entries(numbers)) {
    demandNumbers(`"${name}"`, value);
    demand(value.shape[0] === batch, `"${name}" has ${value.shape[0]} rows for ${batch} images.`);
    if (!name.startsWith('extra.')) continue;
    demand(value.shape.length === 3 && value.shape[2] === width, `"${name}" has the shape [${value.shape}] instead of [B, K, ${width}].`);
  }
}

/** Rows of a batch, from–to. */
type Rows = readonly [from: number, to: number];

/** What the encoder wants in the call beside the images; row r has camera and view r. */
function factsFor({ reads = [] }: ImageEncoder, [from, to]: Rows): EncodeCall {
  const numbers = Array.from({ length: to - from }, (_, row) => (from + row) % 2);
  return Object.fromEntries(reads.map((name) => [name, tensor(numbers, [to - from], 'int32')]));
}

/** Additions to a call that must make a difference when they are not refused. */
const ADDITIONS: Readonly<Record<keyof EncodeCall, (width: number, batch: number) => EncodeCall>> = {
  extraTokens: (width) => ({ extraTokens: tensor(Random.seed(1).normal(2 * width), [1, 2, width]) }),
  attentionBias: () => ({
    attentionBias: (_layer, { shape: [, count = 0] }) => tensor(Random.seed(2).normal(count ** 2), [1, 1, count, count]),
  }),
  side: (width, batch) => ({ side: { tokens: tensor(Random.seed(4).normal(batch * 3 * width), [batch, 3, width]) } }),
  cameras: (_width, batch) => ({ cameras: tensor(Array<number>(batch).fill(1), [batch], 'int32') }),
  views: (_width, batch) => ({ views: tensor(Array<number>(batch).fill(1), [batch], 'int32') }),
};

async function demandNoticed(name: keyof EncodeCall, encoder: ImageEncoder, trialOn: TrialOn, batch: number): Promise<void> {
  const without = await numbersOf(trialOn(), encoder, EVALUATION);
  let given: HostTensors;
  try {
    given = await numbersOf(trialOn({ call: () => ADDITIONS[name](encoder.width, batch) }), encoder, EVALUATION);
  } catch (error) {
    demand(ReidError.is(error), () => `It refuses "${name}" by an error that is no ReidError: ${(error as Error).message}`);
    const isWanted = (encoder.reads as readonly string[] | undefined)?.includes(name);
    demand(!isWanted, `It says that it reads "${name}", and refuses it: ${error.message}`);
    return;
  }
  const [a, b] = [without, given].map(({ patches, cls }) => [...patches!.data, ...(cls?.data ?? [])]);
  demand(largestDifference(a!, b!) > 0, `It neither uses "${name}" nor refuses it.`);
}

type TrialOn = (part?: { readonly rows?: Rows; readonly call?: () => EncodeCall }) => ModuleTrial<ImageEncoder>;

/** What every image encoder keeps to. `make` builds it without numbers; the suite fills it. */
export function encoderConformance(make: () => ImageEncoder, options: EncoderConformanceOptions = {}): ConformanceCheck[] {
  const { batch = 2, zeroGradients, tolerance = 1e-4 } = options;
  const all: Rows = [0, batch];
  const trialOn: TrialOn = ({ rows = all, call } = {}) => ({
    make,
    ...(zeroGradients ? { zeroGradients } : {}),
    run(encoder, ctx) {
      const images = imagesOf(encoder.imageSize, batch);
      const part = slice(images, [rows[0], 0, 0, 0], [rows[1] - rows[0], ...images.shape.slice(1)]);
      return flatten(encoder.forward(part, ctx, { ...factsFor(encoder, rows), ...call?.() }));
    },
  });
  const onEncoder = (f: (encoder: ImageEncoder) => Promise<void> | void) => () => withModel(make, f);
  return [
    {
      title: 'gives tokens of its width on its grid',
      check: onEncoder(async (encoder) => {
        const tokens = scoped(() => encoder.forward(imagesOf(encoder.imageSize, batch), EVALUATION, factsFor(encoder, all)));
        disposeAll(flatten(tokens));
        demandTokens(encoder, tokens, await numbersOf(trialOn(), encoder, EVALUATION), batch);
      }),
    },
    ...moduleChecks(trialOn()),
    {
      title: 'sees each image by itself in evaluation',
      check: onEncoder(async (encoder) => {
        const together = await numbersOf(trialOn(), encoder, EVALUATION);
        const alone = await numbersOf(trialOn({ rows: [batch - 1, batch] }), encoder, EVALUATION);
        const last = Object.entries(together).map(([name, { shape, data }]) => {
          const size = data.length / batch;
          return [name, hostTensor(Float32Array.from(data.subarray((batch - 1) * size)), [1, ...shape.slice(1)])] as const;
        });
        demandEqual('An image encoded alone and in a batch', alone, Object.fromEntries(last), tolerance);
      }),
    },
    {
      title: 'lets a gradient reach the images',
      check: onEncoder((encoder) => {
        const value = (x: Tensor): Tensor =>
          addN(Object.values(flatten(encoder.forward(x, EVALUATION, factsFor(encoder, all)))).map((output) => sum(output)));
        const { gradients } = scoped(() =>
          valueAndGradients(({ x }) => ({ value: value(x!), rest: {} }), { x: imagesOf(encoder.imageSize, batch) }),
        );
        demand(gradients.x !== undefined, 'No gradient reaches the images.');
        disposeAll(gradients);
      }),
    },
    {
      title: 'refuses images of another size',
      check: onEncoder(async (encoder) => {
        const [height, width] = encoder.imageSize;
        const encode = (): unknown => encoder.forward(imagesOf([height + 1, width], 1), EVALUATION, factsFor(encoder, [0, 1]));
        await demandRefusal('images that are one pixel too high', encode, ['SHAPE_MISMATCH']);
      }),
    },
    ...(Object.keys(ADDITIONS) as (keyof EncodeCall)[]).map((name) => ({
      title: `uses "${name}" or refuses it`,
      check: onEncoder((encoder) => demandNoticed(name, encoder, trialOn, batch)),
    })),
  ];
}
