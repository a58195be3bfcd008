import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { hostTensor, type HostTensor } from '../host-tensor.ts';
import type { Optimizer } from '../kinds/optimizer.ts';
import { corePlugin } from '../plugin.ts';
import { Random } from '../random.ts';
import { createRegistry } from '../registry.ts';
import { eagerProgram } from '../step.ts';

beforeAll(() => useBackend(referenceBackend));

const { build, use } = createRegistry(corePlugin);
const STEPS = 9;
const SHAPES = { 'a.weight': [2, 3], 'a.bias': [3], scale: [] } as const;
type Path = keyof typeof SHAPES;
const PATHS = Object.keys(SHAPES) as Path[];

const sizeOf = (path: Path): number => SHAPES[path].reduce((product: number, length) => product * length, 1);
const start = (path: Path): number[] => [...Random.seed(1).fork('start', path).normal(sizeOf(path))];

/** What happens to the gradients: which are missing, zero or huge. */
interface Weather {
  readonly missing?: readonly (readonly [step: number, path: Path])[];
  readonly zero?: readonly number[];
  readonly huge?: readonly number[];
}

function gradientAt(step: number, path: Path, { missing = [], zero = [], huge = [] }: Weather): number[] | undefined {
  if (missing.some(([at, name]) => at === step && name === path)) return undefined;
  const factor = zero.includes(step) ? 0 : huge.includes(step) ? 1e4 : 1;
  return [...Random.seed(2).fork(step, path).normal(sizeOf(path), 0.5)].map((value) => value * factor);
}

/** torch's options of one parameter. */
interface TorchOptions {
  readonly lr: number;
  readonly weightDecay?: number;
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  readonly amsgrad?: boolean;
  readonly decoupled?: boolean;
}

/** torch.optim.SGD for one number, in float64, as its documentation writes it. */
function torchSgd({ lr, weightDecay = 0, momentum = 0, dampening = 0, nesterov = false }: TorchOptions) {
  let buffer: number | undefined;
  return (value: number, gradient: number): number => {
    const g = gradient + weightDecay * value;
    if (momentum === 0) return value - lr * g;
    buffer = buffer === undefined ? g : momentum * buffer + (1 - dampening) * g;
    return value - lr * (nesterov ? g + momentum * buffer : buffer);
  };
}

/** torch.optim.Adam and AdamW for one number, in float64. */
function torchAdam({ lr, weightDecay = 0, betas: [b1, b2] = [0.9, 0.999], eps = 1e-8, amsgrad = false, decoupled = false }: TorchOptions) {
  let [m, v, largest, t] = [0, 0, 0, 0];
  return (value: number, gradient: number): number => {
    t++;
    const from = decoupled ? value * (1 - lr * weightDecay) : value;
    const g = decoupled ? gradient : gradient + weightDecay * value;
    m = b1 * m + (1 - b1) * g;
    v = b2 * v + (1 - b2) * g * g;
    largest = amsgrad ? Math.max(largest, v) : v;
    return from - ((lr / (1 - b1 ** t)) * m) / (Math.sqrt(largest) / Math.sqrt(1 - b2 ** t) + eps);
  };
}

/** Parameters after the last step by hand; `cut` changes the gradients of a step before they are used. */
function byHand(
  make: (path: Path) => (value: number, gradient: number) => number,
  weather: Weather,
  cut: (gradients: (readonly number[] | undefined)[]) => (readonly number[] | undefined)[] = (gradients) => gradients,
): Record<string, number[]> {
  const values = Object.fromEntries(PATHS.map((path) => [path, start(path)]));
  const updates = Object.fromEntries(PATHS.map((path) => [path, values[path]!.map(() => make(path))]));
  for (let step = 0; step < STEPS; step++) {
    const gradients = cut(PATHS.map((path) => gradientAt(step, path, weather)));
    PATHS.forEach((path, i) => {
      const gradient = gradients[i];
      if (gradient) values[path] = values[path]!.map((value, at) => updates[path]![at]!(value, gradient[at]!));
    });
  }
  return values;
}

async function byOptimizer(
  optimizer: Optimizer,
  weather: Weather,
  rateAt: (step: number) => number = () => 1,
): Promise<Record<string, HostTensor>> {
  const program = eagerProgram(({ parameters, state, batch, hyper }) => optimizer.update({ parameters, state, gradients: batch, hyper }), {
    parameters: Object.fromEntries(PATHS.map((path) => [path, hostTensor(start(path), SHAPES[path])])),
    state: optimizer.init(SHAPES),
  });
  for (let step = 0; step < STEPS; step++) {
    const batch = Object.fromEntries(
      PATHS.flatMap((path) => {
        const gradient = gradientAt(step, path, weather);
        return gradient ? [[path, hostTensor(gradient, SHAPES[path])]] : [];
      }),
    );
    await program.run({ batch, hyper: optimizer.hyper((base) => base * rateAt(step)) });
  }
  const { parameters } = await program.read();
  program.dispose();
  return parameters;
}

function expectClose(got: Record<string, HostTensor>, want: Record<string, number[]>): void {
  for (const path of PATHS) {
    const scale = Math.max(1, ...want[path]!.map(Math.abs));
    got[path]!.data.forEach((value, i) => expect(Math.abs(value - want[path]![i]!) / scale).toBeLessThan(3e-6));
  }
}

const WEATHERS: readonly (readonly [name: string, weather: Weather])[] = [
  ['usual gradients', {}],
  ['zero gradients', { zero: [0, 3, 4] }],
  ['huge gradients', { huge: [2, 7] }],
  ['gradients that are missing', { missing: [[0, 'a.weight'], [1, 'a.weight'], [4, 'scale'], [5, 'scale'], [8, 'a.bias']] }], // prettier-ignore
];

describe.each(WEATHERS)('with %s', (_name, weather) => {
  it.each([
    { lr: 0.05 },
    { lr: 0.05, weightDecay: 0.1 },
    { lr: 0.05, momentum: 0.9 },
    { lr: 0.02, momentum: 0.8, dampening: 0.3, weightDecay: 0.01 },
    { lr: 0.02, momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
    { lr: 0, momentum: 0.9 },
  ])('sgd moves as torch does: %j', async (options) => {
    const { lr: rate, ...rest } = options;
    const optimizer = build({ use: 'optimizer/sgd', options: { rate, ...rest } });
    expectClose(await byOptimizer(optimizer, weather), byHand(() => torchSgd(options), weather)); // prettier-ignore
  });

  it.each([
    { lr: 0.01 },
    { lr: 0.01, weightDecay: 0.05 },
    { lr: 0.01, betas: [0.8, 0.99] as const, eps: 1e-3, amsgrad: true },
    { lr: 0.01, weightDecay: 0.3, decoupled: true },
    { lr: 0.01, weightDecay: 0.3, decoupled: true, amsgrad: true },
    { lr: 0.01, betas: [0, 0] as const },
  ])('adam and adamw move as torch does: %j', async (options) => {
    const { lr: rate, eps: epsilon = 1e-8, decoupled, betas, ...rest } = { weightDecay: 0, ...options } as TorchOptions;
    const stepPerParameter = weather.missing !== undefined;
    const optimizer = use<Optimizer>({
      use: decoupled ? 'optimizer/adamw' : 'optimizer/adam',
      options: { rate, epsilon, stepPerParameter, ...(betas ? { betas } : {}), ...rest },
    });
    expectClose(await byOptimizer(optimizer, weather), byHand(() => torchAdam(options as TorchOptions), weather)); // prettier-ignore
  });
});

describe('gradient clipping', () => {
  const norm = (gradients: readonly (readonly number[] | undefined)[]): number =>
    Math.sqrt(gradients.flatMap((gradient) => gradient ?? []).reduce((sum, value) => sum + value * value, 0));

  it.each(WEATHERS)('cuts the common length of all parameters: %s', async (_name, weather) => {
    const optimizer = build({ use: 'optimizer/sgd', options: { rate: 0.1, clip: { norm: 1 } } });
    const want = byHand(
      () => torchSgd({ lr: 0.1 }),
      weather,
      (gradients) => gradients.map((gradient) => gradient?.map((value) => value * Math.min(1, 1 / (norm(gradients) + 1e-6)))),
    );
    expectClose(await byOptimizer(optimizer, weather), want);
  });

  it('cuts each number', async () => {
    const optimizer = build({ use: 'optimizer/sgd', options: { rate: 0.1, clip: { value: 0.3 } } });
    const want = byHand(
      () => torchSgd({ lr: 0.1 }),
      { huge: [2] },
      (gradients) => gradients.map((gradient) => gradient?.map((value) => Math.max(-0.3, Math.min(0.3, value)))),
    );
    expectClose(await byOptimizer(optimizer, { huge: [2] }), want);
  });

  it('reports the length before it cuts, 0 where there is no gradient', async () => {
    const optimizer = build({ use: 'optimizer/sgd', options: { rate: 0.1, clip: { norm: 1 } } });
    const program = eagerProgram(
      ({ parameters, state, batch, hyper }) => {
        const { gradientNorm, ...next } = optimizer.update({ parameters, state, gradients: batch, hyper });
        return { ...next, losses: { norm: gradientNorm! } };
      },
      { parameters: { x: hostTensor([1, 2]) } },
    );
    const hyper = optimizer.hyper((base) => base);
    expect((await program.run({ batch: { x: hostTensor([3, 4]) }, hyper })).losses.norm).toBe(5);
    expect((await program.run({ batch: {}, hyper })).losses.norm).toBe(0);
    program.dispose();
  });
});

describe('groups of parameters', () => {
  const options = {
    rate: 0.1,
    weightDecay: 0.2,
    groups: [
      { match: '*.bias', rateFactor: 2 },
      { match: 'a.*', weightDecay: 0 },
      { match: 'scale', rate: 0.5, weightDecay: 0.4 },
    ],
  };

  it('have rates and decay of their own; the first that matches counts', async () => {
    const own: Record<Path, TorchOptions> = {
      'a.weight': { lr: 0.1, weightDecay: 0 },
      'a.bias': { lr: 0.2, weightDecay: 0.2 },
      scale: { lr: 0.5, weightDecay: 0.4 },
    };
    const got = await byOptimizer(build({ use: 'optimizer/sgd', options }), {});
    expectClose(got, byHand((path) => torchSgd(own[path]), {})); // prettier-ignore
    const adam = await byOptimizer(build({ use: 'optimizer/adam', options }), {});
    expectClose(adam, byHand((path) => torchAdam(own[path]), {})); // prettier-ignore
  });

  it('all follow the schedule', async () => {
    expect(build({ use: 'optimizer/sgd', options }).hyper((base) => base / 10)).toEqual({
      'rate.0': 0.01,
      'rate.1': 0.02,
      'rate.2': 0.01,
      'rate.3': 0.05,
    });
    const halving = (step: number): number => 0.5 ** step;
    const got = await byOptimizer(build({ use: 'optimizer/sgd', options: { rate: 0.4 } }), {}, halving);
    const descending = (): ((value: number, gradient: number) => number) => {
      let step = 0;
      return (value, gradient) => value - 0.4 * halving(step++) * gradient;
    };
    expectClose(got, byHand(descending, {}));
  });
});

describe('options of optimizers', () => {
  const message = (options: object, id = 'optimizer/adam'): string => {
    try {
      use({ use: id, options });
    } catch (error) {
      return (error as Error).message;
    }
    return 'accepted';
  };

  it('are checked, all at once', () => {
    expect(message({ rate: -1, betas: [0.9, 1], weightdecay: 1 })).toMatch(
      /"rate": .*\n.*"betas.1": .*\n.*unknown option "weightdecay". Did you mean "weightDecay"\?/,
    );
    expect(message({})).toContain('"rate": missing, expected number');
    expect(message({ rate: 1, clip: {} })).toContain('"clip');
    expect(message({ rate: 1, momentum: 2 }, 'optimizer/sgd')).toContain('"momentum"');
  });

  it('have no state without need', () => {
    expect(build({ use: 'optimizer/sgd', options: { rate: 1 } }).init(SHAPES)).toEqual({});
    const names = (options: object, id = 'optimizer/adam'): string[] =>
      Object.keys(use<Optimizer>({ use: id, options: { rate: 1, ...options } }).init({ x: [2] }));
    expect(names({})).toEqual(['exp_avg.x', 'exp_avg_sq.x', 'correction1', 'correction2']);
    expect(names({ amsgrad: true, stepPerParameter: true })).toEqual([
      'exp_avg.x',
      'exp_avg_sq.x',
      'max_exp_avg_sq.x',
      'correction1.x',
      'correction2.x',
    ]);
    expect(names({ momentum: 0.9, dampening: 0.1 }, 'optimizer/sgd')).toEqual(['momentum_buffer.x', 'momentum_started.x']);
  });
});
