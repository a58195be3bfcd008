import { EVALUATION } from '../context.ts';
import { hostTensor, type HostTensor } from '../host-tensor.ts';
import type { DecodeCall, MaskDecoder } from '../kinds/decoder.ts';
import { Random } from '../random.ts';
import { toTensor, type Tensor } from '../tensor.ts';
import { demand, demandEqual, demandNumbers, demandRefusal, type ConformanceCheck } from './conformance-check.ts';
import { gradientFaults, type DifferenceOptions } from './finite-differences.ts';
import { moduleChecks, numbersOf, withModel, type ModuleTrial } from './module-checks.ts';

/** What a decoder is tried on. */
export interface DecoderConformanceOptions extends Omit<DifferenceOptions, 'of'> {
  /** Height and width of the image's grid. Default: 3 by 2. */
  readonly grid?: readonly [height: number, width: number];
  /** Rows of prompts. Default: 2. */
  readonly batch?: number;
  /** Tokens of each row. Default: 3. */
  readonly tokens?: number;
  /** Trainable parameters whose gradient may be zero everywhere. */
  readonly zeroGradients?: (path: string) => boolean;
}

type Inputs = Readonly<Record<keyof DecodeCall, HostTensor>>;

function inputsOf(
  width: number,
  { grid: [height, columns], batch, tokens }: Pick<Required<DecoderConformanceOptions>, 'grid' | 'batch' | 'tokens'>,
): Inputs {
  const drawn = (name: string, shape: readonly number[]): HostTensor =>
    hostTensor(Random.seed(23).fork(name).normal(shape.reduce((a, b) => a * b, 1)), shape); // prettier-ignore
  return {
    image: drawn('image', [batch, width, height, columns]),
    positions: drawn('positions', [1, width, height, columns]),
    sparse: drawn('sparse', [batch, tokens, width]),
    dense: drawn('dense', [batch, width, height, columns]),
  };
}

const rowOf = ({ data, shape }: HostTensor, row: number): HostTensor => {
  const size = data.length / shape[0]!;
  return hostTensor(Float32Array.from(data.subarray(row * size, (row + 1) * size)), [1, ...shape.slice(1)]);
};

/** The call of some of the inputs; `row` takes one row of those that have several. */
function callOf(inputs: Inputs, row?: number): DecodeCall {
  const one = (name: keyof DecodeCall): Tensor =>
    toTensor(row === undefined || name === 'positions' ? inputs[name] : rowOf(inputs[name], row));
  return { image: one('image'), positions: one('positions'), sparse: one('sparse'), dense: one('dense') };
}

/** What every mask decoder keeps to. `make` builds it without numbers; the suite fills it. */
export function decoderConformance(make: () => MaskDecoder, options: DecoderConformanceOptions = {}): ConformanceCheck[] {
  const { grid = [3, 2], batch = 2, tokens = 3, zeroGradients, ...differences } = options;
  const trialOn = (row?: number, count = tokens): ModuleTrial<MaskDecoder> => ({
    make,
    ...(zeroGradients ? { zeroGradients } : {}),
    run: (decoder, ctx) => ({ ...decoder.forward(callOf(inputsOf(decoder.width, { grid, batch, tokens: count }), row), ctx) }),
  });
  const onDecoder = (f: (decoder: MaskDecoder) => Promise<void> | void) => () => withModel(make, f);
  const demandMasks = async (decoder: MaskDecoder, count: number): Promise<void> => {
    const { logits, quality } = await numbersOf(trialOn(undefined, count), decoder, EVALUATION);
    const size = grid.map((length) => length * decoder.scale);
    demandNumbers('the logits', logits!, [batch, decoder.masks, ...size]);
    demandNumbers('the quality', quality!, [batch, decoder.masks]);
  };
  return [
    { title: 'gives masks and a quality for every row', check: onDecoder((decoder) => demandMasks(decoder, tokens)) },
    { title: 'works without any token', check: onDecoder((decoder) => demandMasks(decoder, 0)) },
    ...moduleChecks(trialOn()),
    {
      title: 'sees each row by itself in evaluation',
      check: onDecoder(async (decoder) => {
        const together = await numbersOf(trialOn(), decoder, EVALUATION);
        const alone = await numbersOf(trialOn(batch - 1), decoder, EVALUATION);
        const last = Object.fromEntries(Object.entries(together).map(([name, value]) => [name, rowOf(value, batch - 1)]));
        demandEqual('A row alone and in a batch', alone, last, 1e-4);
      }),
    },
    {
      title: 'has the gradient by its inputs that differences measure',
      check: onDecoder(async (decoder) => {
        const numbers = inputsOf(decoder.width, { grid, batch, tokens });
        for (const output of ['logits', 'quality'] as const) {
          const faults = await gradientFaults(
            (given) => decoder.forward(given as unknown as DecodeCall, EVALUATION)[output],
            { ...numbers },
            { most: 6, ...differences },
          );
          demand(faults.length === 0, faults.join(' '));
        }
      }),
    },
    {
      title: 'refuses an image of another width',
      check: onDecoder(async (decoder) => {
        const call = callOf(inputsOf(decoder.width, { grid, batch, tokens }));
        const { image } = callOf(inputsOf(decoder.width + 1, { grid, batch, tokens }));
        await demandRefusal('an image of another width', () => decoder.forward({ ...call, image }, EVALUATION), ['SHAPE_MISMATCH']);
      }),
    },
  ];
}
