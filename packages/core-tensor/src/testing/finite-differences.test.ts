import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { hostTensor } from '../host-tensor.ts';
import { Random } from '../random.ts';
import { add, exp, maximum, mul, sin, square, sub, sum, tensorMemory, zerosLike } from '../tensor.ts';
import { finiteDifferences, gradientFaults } from './finite-differences.ts';

beforeAll(() => useBackend(referenceBackend));

const x = hostTensor(Random.seed(1).normal(12), [3, 4]);

describe('finiteDifferences', () => {
  it('measures three to four digits of smooth functions', async () => {
    const { x: measured } = await finiteDifferences((v) => sum(exp(v.x!)), { x });
    const largest = Math.exp(Math.max(...x.data));
    measured!.at.forEach((at, i) => expect(measured!.gradient[i]! / largest).toBeCloseTo(Math.exp(x.data[at]!) / largest, 3));
    expect(Math.max(...measured!.doubt)).toBeLessThan(1e-2);
    expect(measured!.rounding).toBeLessThan(1e-3);
  });

  it('tries a few numbers of a large input, spread over it', async () => {
    const large = hostTensor(Random.seed(1).normal(1000), [1000]);
    const { x: measured } = await finiteDifferences((v) => square(v.x!), { x: large }, { most: 4 });
    expect(measured!.at).toEqual([125, 375, 625, 875]);
  });

  it('differentiates the inputs asked for, and knows their names', async () => {
    const inputs = { x, y: x, at: hostTensor([1], [1], 'int32') };
    expect(Object.keys(await finiteDifferences((v) => mul(v.x!, v.y!), inputs))).toEqual(['x', 'y']);
    await expect(finiteDifferences((v) => v.x!, inputs, { of: ['z'] })).rejects.toThrow('no input "z", only x, y, at');
  });
});

describe('gradientFaults', () => {
  it('finds nothing wrong with right gradients, of every output', async () => {
    expect(await gradientFaults((v) => sin(mul(v.x!, v.y!)), { x, y: hostTensor([0.5, -1, 2, 3], [4]) })).toEqual([]);
    expect(await gradientFaults((v) => v.at!, { at: hostTensor([1], [1], 'int32') })).toEqual([]);
  });

  it('leaves out kinks, but not a function that is all kinks', async () => {
    const kinked = hostTensor([0.001, -2, 3, 1], [4]);
    expect(await gradientFaults((v) => maximum(v.x!, 0), { x: kinked })).toEqual([]);
    const [fault] = await gradientFaults((v) => maximum(v.x!, 0), { x: hostTensor([0.001, 0.002, -0.001], [3]) });
    expect(fault).toContain('most of the tried numbers sit on a kink');
  });

  it('names a gradient that is off, missing, or not finite', async () => {
    const { customGrad } = await import('@tensorflow/tfjs');
    const wrong = customGrad((v, save) => {
      (save as (tensors: unknown[]) => void)([v]);
      return { value: square(v as never), gradFunc: (dy: never) => mul(dy, 3) };
    });
    expect(await gradientFaults((v) => wrong(v.x!), { x })).toEqual([
      expect.stringMatching(
        /^The gradient of "x" \[3, 4\] is .* at position \d+, where differences measure .* \(12 of 12 tried are off\)\.$/,
      ),
    ]);
    const detached = customGrad((v) => ({ value: square(v as never), gradFunc: (dy: never) => zerosLike(dy) }));
    expect((await gradientFaults((v) => add(square(sub(v.x!, 1)), detached(v.x!)), { x }))[0]).toContain('The gradient of "x"');
    const { tensor } = await import('../tensor.ts');
    const copied = (v: Record<string, any>) => square(tensor(v.x.dataSync(), v.x.shape));
    expect(await gradientFaults(copied, { x })).toEqual(['No gradient reaches "x", though it changes the result.']);
    const infinite = (v: Record<string, any>) => maximum(v.x, 0).sqrt();
    expect((await gradientFaults(infinite, { x: hostTensor([0, 2, 3, 4], [4]) }))[0]).toMatch(
      /The gradient of "x" is -?Infinity at position 0/,
    );
  });

  it('leaves no tensor behind', async () => {
    const before = tensorMemory().numTensors;
    await gradientFaults((v) => exp(v.x!), { x });
    expect(tensorMemory().numTensors).toBe(before);
  });
});
