import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { hostTensor } from '../host-tensor.ts';
import { Random } from '../random.ts';
import { valueAndGradients } from '../step.ts';
import { gradientFaults } from '../testing/finite-differences.ts';
import { sum, tensor } from '../tensor.ts';
import { gelu, quickGelu } from './gelu.ts';
import { relu } from './relu.ts';

beforeAll(() => useBackend(referenceBackend));

const x = hostTensor(Random.seed(1).normal(30, 2), [5, 6]);

describe('gelu', () => {
  it('is x times the normal distribution, not the tanh form', () => {
    // torch.nn.functional.gelu; the tanh form gives 0.8411919906 at 1 and -0.0454023059 at -2.
    const got = gelu(tensor([-2, -0.5, 0, 1, 3])).dataSync();
    [-0.0455002638, -0.1542687694, 0, 0.8413447461, 2.9959503059].forEach((want, i) => expect(got[i]!).toBeCloseTo(want, 6));
  });

  it('has the measured gradient', async () => expect(await gradientFaults((v) => gelu(v.x!), { x })).toEqual([]));

  it('ends at 0 and x far out, with finite gradients', () => {
    const far = tensor([-60, 60]);
    const { gradients } = valueAndGradients((v) => ({ value: sum(gelu(v.far!)), rest: {} }), { far });
    expect([...gelu(far).dataSync(), ...gradients.far!.dataSync()].map((value) => value + 0)).toEqual([0, 60, 0, 1]);
  });
});

describe('quickGelu', () => {
  it('is x σ(1.702 x)', () => {
    const values = [-3, -0.5, 0, 0.7, 4];
    quickGelu(tensor(values))
      .dataSync()
      .forEach((got, i) => expect(got).toBeCloseTo(values[i]! / (1 + Math.exp(-1.702 * values[i]!)), 6));
  });

  it('has the measured gradient', async () => expect(await gradientFaults((v) => quickGelu(v.x!), { x })).toEqual([]));
});

describe('relu', () => {
  it('cuts below 0, with the gradient of what it keeps and none at 0', () => {
    const v = tensor([-2, 0, 3]);
    expect([...relu(v).dataSync()]).toEqual([0, 0, 3]);
    const { gradients } = valueAndGradients(({ v: value }) => ({ value: sum(relu(value!)), rest: {} }), { v });
    expect([...gradients.v!.dataSync()]).toEqual([0, 0, 1]);
  });

  it('has the measured gradient', async () => expect(await gradientFaults((v) => relu(v.x!), { x })).toEqual([]));
});
