import {
  abs, add, div, eagerProgram, greater, hostTensor, maximum, minimum, mul, neg, Random, recordStep, referenceBackend, sizeOf, sqrt, square, sub, useBackend, where,
  type HostTensors, type Step,
} from '@reidkit/core-tensor'; // prettier-ignore
import { afterAll, describe, expect, it } from 'vitest';
import { onnxBackend } from '../onnx-backend.ts';
import { splitUpdates } from '../split-updates.ts';
import { elementwiseProgram } from './elementwise-program.ts';

afterAll(() => useBackend(referenceBackend));

/** Longer than a block and no multiple of four; and small ones. */
const SHAPES = { long: [3, 20001], short: [17], odd: [3, 7] } as const;
const numbers = (name: string, shape: readonly number[]) => hostTensor(Random.seed(3).fork(name).normal(sizeOf(shape)), shape);
const state = (): HostTensors => Object.fromEntries(Object.entries(SHAPES).map(([name, shape]) => [name, numbers(name, shape)]));

/** Every operation that has a vector form, with scalars and constants on either side. */
const step: Step = ({ state: held, hyper }) => ({
  state: Object.fromEntries(
    Object.entries(held).map(([name, x]) => {
      const size = sqrt(add(square(x), 0.25));
      const turned = div(sub(neg(x), hyper.shift!), maximum(size, minimum(abs(x), 0.5)));
      return [name, mul(sub(3, turned), hyper.factor!)];
    }),
  ),
});

const hyper = { shift: 0.3, factor: -1.7 };
const signatureOf = (values: HostTensors) => ({
  parameters: {},
  state: Object.fromEntries(Object.entries(values).map(([name, { shape, dtype }]) => [name, { shape, dtype }])),
  batch: {},
  hyper: Object.keys(hyper),
  draws: false,
});

describe('updates as vector code', () => {
  it('are those of the reference, bit for bit, step after step', async () => {
    const backend = await useBackend(onnxBackend({ threads: 1 }));
    const mine = backend.makeProgram(step, { parameters: {}, state: state() });
    for (let i = 0; i < 3; i++) await mine.run({ batch: {}, hyper });
    const got = (await mine.read()).state;
    mine.dispose();
    await useBackend(referenceBackend);
    const reference = eagerProgram(step, { parameters: {}, state: state() });
    for (let i = 0; i < 3; i++) await reference.run({ batch: {}, hyper });
    const want = (await reference.read()).state;
    reference.dispose();
    for (const name of Object.keys(SHAPES)) expect(got[name]!.data).toEqual(want[name]!.data);
  });

  it('are made of every update whose kernels have a vector form, and of no other', () => {
    const { graph } = recordStep(step, signatureOf(state()));
    const { updates } = splitUpdates(graph);
    expect(updates).toHaveLength(3);
    for (const update of updates) expect(elementwiseProgram(update)).toBeDefined();
    const gated: Step = ({ state: held }) => ({ state: { long: where(greater(held.long!, 0), held.long!, mul(held.long!, 2)) } });
    const other = splitUpdates(recordStep(gated, { ...signatureOf({ long: state().long! }), hyper: [] }).graph);
    expect(other.updates).toHaveLength(1);
    expect(elementwiseProgram(other.updates[0]!)).toBeUndefined();
  });
});
