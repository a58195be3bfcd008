import { EVALUATION, type Context } from '../context.ts';
import { hostTensor, type HostTensor } from '../host-tensor.ts';
import type { ImageTokens } from '../kinds/encoder.ts';
import type { Head, HeadSite, MakeHead, MakePooling, Pooling } from '../kinds/head.ts';
import { Random } from '../random.ts';
import { reshape, slice, toTensor, type Tensor, type Tensors } from '../tensor.ts';
import { demand, demandEqual, demandNumbers, type ConformanceCheck } from './conformance-check.ts';
import { gradientFaults, type DifferenceOptions } from './finite-differences.ts';
import { moduleChecks, numbersOf, withModel, type ModuleTrial } from './module-checks.ts';

/** What a head or a pooling is tried on. */
export interface HeadConformanceOptions extends Omit<DifferenceOptions, 'of'> {
  /** Width of what it takes, D. */
  readonly width: number;
  /** Rows of a batch. Default: 3. */
  readonly batch?: number;
  /** Number of training identities, for classifiers. Default: 4. */
  readonly classes?: number;
  /** Trainable parameters whose gradient may be zero everywhere. */
  readonly zeroGradients?: (path: string) => boolean;
}

type Descriptor = Pick<ModuleTrial<never>, 'zeroGradients'> & { readonly numbers: HostTensor };

/** Checks of whatever makes one descriptor `[B, width]` out of one input whose first axis is the batch. */
function descriptorChecks<M extends Head | Pooling>(
  make: () => M,
  forward: (model: M, x: Tensor, ctx: Context) => Tensor,
  { numbers, zeroGradients, ...differences }: Descriptor & Omit<DifferenceOptions, 'of'>,
): ConformanceCheck[] {
  const [batch = 1] = numbers.shape;
  const trialOn = (rows?: readonly [from: number, count: number]): ModuleTrial<M> => ({
    make,
    ...(zeroGradients ? { zeroGradients } : {}),
    run(model, ctx): Tensors {
      const x = toTensor(numbers);
      const rest = x.shape.slice(1);
      return { y: forward(model, rows ? slice(x, [rows[0], ...rest.map(() => 0)], [rows[1], ...rest]) : x, ctx) };
    },
  });
  const trial = trialOn();
  return [
    {
      title: 'gives one finite row for each row',
      check: () =>
        withModel(make, async (model) => {
          const { y } = await numbersOf(trial, model, EVALUATION);
          demandNumbers('the result', y!, [batch, model.width]);
        }),
    },
    ...moduleChecks(trial),
    {
      title: 'sees each row by itself in evaluation',
      check: () =>
        withModel(make, async (model) => {
          const { y } = await numbersOf(trial, model, EVALUATION);
          const alone = await numbersOf(trialOn([batch - 1, 1]), model, EVALUATION);
          const width = y!.shape[1]!;
          const last = hostTensor(Float32Array.from(y!.data.subarray((batch - 1) * width)), [1, width]);
          demandEqual('A row alone and in a batch', alone, { y: last }, 1e-5);
        }),
    },
    {
      title: 'has the gradient that differences measure',
      check: () =>
        withModel(make, async (model) => {
          const faults = await gradientFaults(({ x }) => forward(model, x!, EVALUATION), { x: numbers }, differences);
          demand(faults.length === 0, faults.join(' '));
        }),
    },
  ];
}

/** What every head keeps to: `[B, D] → [B, width]`. */
export function headConformance(make: MakeHead, { width, classes = 4, batch = 3, ...rest }: HeadConformanceOptions): ConformanceCheck[] {
  const site: HeadSite = { width, classes };
  const numbers = hostTensor(Random.seed(13).normal(batch * width), [batch, width]);
  return descriptorChecks(
    () => make(site),
    (head, x, ctx) => head.forward(x, ctx),
    { numbers, ...rest },
  );
}

/** What every pooling keeps to: image tokens of width D → `[B, width]`. It is tried on a 2 × 3 grid with a class token. */
export function poolingConformance(make: MakePooling, { width, batch = 3, ...rest }: HeadConformanceOptions): ConformanceCheck[] {
  const numbers = hostTensor(Random.seed(17).normal(batch * 7 * width), [batch, 7, width]);
  const tokensOf = (x: Tensor): ImageTokens => {
    const rows = x.shape[0]!;
    const cls = reshape(slice(x, [0, 0, 0], [rows, 1, width]), [rows, width]);
    return { cls, patches: slice(x, [0, 1, 0], [rows, 6, width]), grid: [2, 3], extra: {}, taps: {} };
  };
  return descriptorChecks(
    () => make({ width }),
    (pooling, x, ctx) => pooling.forward(tokensOf(x), ctx),
    { numbers, ...rest },
  );
}
