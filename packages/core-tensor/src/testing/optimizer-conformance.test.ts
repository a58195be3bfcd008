import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import type { Optimizer } from '../kinds/optimizer.ts';
import type { Schedule } from '../kinds/schedule.ts';
import { hostTensor } from '../host-tensor.ts';
import { corePlugin } from '../plugin.ts';
import { createRegistry } from '../registry.ts';
import { add, div, keep, mul, sub, tensor, type Tensors } from '../tensor.ts';
import { conformanceFaults } from './conformance-check.ts';
import { optimizerConformance } from './optimizer-conformance.ts';
import { scheduleConformance } from './schedule-conformance.ts';

beforeAll(() => useBackend(referenceBackend));

const { build, use } = createRegistry(corePlugin);

describe.each([
  ['sgd', { use: 'optimizer/sgd', options: { rate: 0.1 } }],
  ['sgd with momentum', { use: 'optimizer/sgd', options: { rate: 0.02, momentum: 0.9, dampening: 0.2, weightDecay: 1e-3 } }],
  ['sgd with Nesterov', { use: 'optimizer/sgd', options: { rate: 0.02, momentum: 0.9, nesterov: true } }],
  ['adam', { use: 'optimizer/adam', options: { rate: 0.05, amsgrad: true } }],
  ['adam per parameter', { use: 'optimizer/adam', options: { rate: 0.05, stepPerParameter: true } }],
  ['adamw, clipped', { use: 'optimizer/adamw', options: { rate: 0.05, clip: { norm: 1 } } }],
] as const)('optimizerConformance passes %s', (_name, node) => {
  for (const { title, check } of optimizerConformance(() => build(node))) it(title, check);
});

describe('optimizerConformance names', () => {
  const good = (): Optimizer => ({
    init: (shapes) =>
      Object.fromEntries(
        Object.entries(shapes).map(([path, shape]) => [
          `count.${path}`,
          hostTensor(new Float32Array(shape.reduce((product, length) => product * length, 1)), shape),
        ]),
      ),
    hyper: (rateOf) => ({ rate: rateOf(0.1) }),
    update: ({ gradients, parameters, state, hyper }) => ({
      parameters: Object.fromEntries(Object.entries(gradients).map(([path, g]) => [path, sub(parameters[path]!, mul(g, hyper.rate!))])),
      state: Object.fromEntries(Object.keys(gradients).map((path) => [`count.${path}`, add(state[`count.${path}`]!, 1)])),
    }),
  });
  const faulty = (change: (usual: Optimizer) => Partial<Optimizer>): Promise<string> =>
    conformanceFaults(optimizerConformance(() => ({ ...good(), ...change(good()) }), { steps: 50 })).then((faults) => faults.join('\n'));
  const mapped = (values: Tensors, f: (value: Tensors[string], name: string) => Tensors[string]): Tensors =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, f(value, name)]));

  it('nothing about a good one', async () => expect(await faulty(() => ({}))).toBe(''));

  it('an optimizer that goes nowhere, or the wrong way', async () => {
    const still = await faulty(() => ({ update: ({ parameters, state }) => ({ parameters, state }) }));
    expect(still).toMatch(/^makes a quadratic small: After 50 steps on a quadratic its value fell from .* to .* only\.$/);
  });

  it('a state that grows or changes its shape', async () => {
    const grown = await faulty((usual) => ({
      update: (given) => ({ ...usual.update(given), state: { ...usual.update(given).state, extra: tensor([1]) } }),
    }));
    expect(grown).toContain('The state has "extra", which was not there at the start.');
    const bent = await faulty((usual) => ({
      update: (given) => ({ ...usual.update(given), state: mapped(usual.update(given).state, (value) => value.flatten()) }),
    }));
    expect(bent).toContain('The state "count.matrix" has the shape [6] instead of [2,3].');
  });

  it('a memory outside the state', async () => {
    let calls = 0;
    const faults = await faulty((usual) => ({
      update: (given) => ({
        ...usual.update(given),
        parameters: mapped(usual.update(given).parameters, (value) => mul(value, 1 + ++calls / 1e3)),
      }),
    }));
    expect(faults).toContain('is a pure function of what it is given: A second update from the same place: "matrix" differs');
  });

  it('decay of parameters without gradient, and movement at rate 0', async () => {
    const faults = await faulty((usual) => ({
      update: (given) => ({
        ...usual.update(given),
        parameters: { ...mapped(given.parameters, (value) => mul(value, 0.99)), ...usual.update(given).parameters },
      }),
    }));
    expect(faults).toMatch(/^leaves parameters without gradient alone: A parameter without gradient moves: "matrix" differs/);
    const always = await faulty(() => ({
      update: ({ parameters, gradients }) => ({
        state: {},
        parameters: mapped(gradients, (g, path) => sub(parameters[path]!, mul(g, 0.1))),
      }),
    }));
    expect(always).toContain('moves nothing at rate 0: At rate 0 a parameter moves');
  });

  it('a division by a gradient of zero, and a leak', async () => {
    const faults = await faulty((usual) => ({
      update: (given) => ({ ...usual.update(given), parameters: mapped(usual.update(given).parameters, (value, path) => add(value, mul(div(given.gradients[path]!, given.gradients[path]!), given.hyper.rate!))) }), // prettier-ignore
    }));
    expect(faults).toContain('stays finite when a gradient is zero: the parameter "matrix" holds NaN at position 0.');
    const leaking = await faulty((usual) => ({
      update: (given) => ({
        ...usual.update(given),
        parameters: mapped(usual.update(given).parameters, (value) => keep(add(value, 0)).add(0)),
      }),
    }));
    expect(leaking).toContain('leaks no tensor: An update leaks 3 tensors with every call.');
  });
});

describe.each([
  ['constant', { use: 'schedule/constant', options: { warmup: { length: 5, from: 0 } } }],
  ['cosine', { use: 'schedule/cosine', options: { length: 50, least: 1e-6, first: 1 } }],
  ['cosine that rises', { use: 'schedule/cosine', options: { length: 50, after: 'rise', unit: 'step' } }],
  ['linear', { use: 'schedule/linear', options: { length: 50, warmup: { length: 10, from: 0 } } }],
  ['multistep', { use: 'schedule/multistep', options: { milestones: [30, 50], warmup: { length: 10, factor: 0.1 } } }],
  ['polynomial', { use: 'schedule/polynomial', options: { length: 40, power: 0.9 } }],
] as const)('scheduleConformance passes %s', (_name, node) => {
  for (const { title, check } of scheduleConformance(() => use<Schedule>(node))) it(title, check);
});

describe('scheduleConformance names', () => {
  it('rates below 0, that are no numbers, or that remember', async () => {
    const faults = (rate: (at: number, base: number) => number, unit = 'epoch') =>
      conformanceFaults(scheduleConformance(() => ({ unit: unit as 'epoch', rate }), { length: 20 }));
    expect(await faults((at, base) => base * Math.min(1, 10.5 - at))).toEqual([
      'gives finite rates that are not negative: The rate at 11 for the base 0.000001 is -5e-7.',
    ]);
    expect((await faults((at, base) => base / at))[0]).toContain('The rate at 0 for the base 0 is NaN.');
    let calls = 0;
    expect(await faults(() => calls++)).toEqual([
      'depends on nothing but the place and the base: The rate at 0 differs when it is asked for again.',
    ]);
    expect((await faults(() => 1, 'week'))[0]).toBe('counts epochs or steps: It counts "week", which is neither "epoch" nor "step".');
  });
});
