import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from './backend.ts';
import { hostTensor } from './host-tensor.ts';
import {
  Parameter,
  buffer,
  constantInit,
  kaimingFanOut,
  normalInit,
  onesInit,
  parameter,
  truncatedNormalInit,
  uniformInit,
  zerosInit,
  type Initializer,
} from './parameter.ts';
import { Random } from './random.ts';
import { scoped, tensor, tensorMemory } from './tensor.ts';

beforeAll(() => useBackend(referenceBackend));

describe('Parameter', () => {
  it('holds nothing until it is given numbers', () => {
    const before = tensorMemory().numTensors;
    const weight = parameter([2, 3], zerosInit);
    expect([weight.hasValue, weight.trainable, weight.role]).toEqual([false, true, 'parameter']);
    expect(() => weight.value).toThrow(expect.objectContaining({ code: 'UNINITIALIZED' }));
    expect(() => weight.value).toThrow('A parameter of shape [2, 3] has no numbers yet.');
    expect(tensorMemory().numTensors).toBe(before);
  });

  it('keeps exactly one tensor, which outlives the scope that it was made in', () => {
    const before = tensorMemory().numTensors;
    const weight = parameter([2], zerosInit);
    scoped(() => weight.assign(hostTensor([1, 2])));
    weight.assign(hostTensor([3, 4]));
    expect(tensorMemory().numTensors).toBe(before + 1);
    expect([...weight.value.dataSync()]).toEqual([3, 4]);
    weight.dispose();
    expect([tensorMemory().numTensors, weight.hasValue]).toEqual([before, false]);
  });

  it('refuses another shape and keeps what it had', () => {
    const weight = parameter([2], zerosInit);
    weight.assign(hostTensor([1, 2]));
    expect(() => weight.assign(hostTensor([1, 2], [2, 1]))).toThrow('A parameter expected [2], got [2, 1].');
    expect([...weight.value.dataSync()]).toEqual([1, 2]);
    weight.dispose();
  });

  it('is a buffer that never trains, or frozen from the start', () => {
    expect(buffer([1], zerosInit)).toMatchObject({ role: 'buffer', trainable: false });
    expect(new Parameter([1], zerosInit, { role: 'buffer', trainable: true }).trainable).toBe(false);
    expect(parameter([1], zerosInit, { trainable: false })).toMatchObject({ role: 'parameter', trainable: false });
    expect([Parameter.is(buffer([1], zerosInit)), Parameter.is({}), Parameter.is(null)]).toEqual([true, false, false]);
    expect(Parameter.is({ [Symbol.for('reidkit.parameter')]: true })).toBe(true);
  });

  it('lends its place to other numbers and gets its own back, also after an error', () => {
    const [a, b] = [parameter([1], zerosInit), parameter([1], zerosInit)];
    a.assign(hostTensor([1]));
    const [x, y] = [tensor([7]), tensor([8])];
    const seen = Parameter.borrow([[a, x], [b, y]], () => Parameter.borrow([[a, y]], () => [a.value, b.value])); // prettier-ignore
    expect(seen).toEqual([y, y]);
    expect([[...a.value.dataSync()], b.hasValue]).toEqual([[1], false]);
    expect(() => Parameter.borrow([[a, x], [a, y]], () => { throw new Error('no'); })).toThrow('no'); // prettier-ignore
    expect([...a.value.dataSync()]).toEqual([1]);
    for (const value of [x, y, a]) value.dispose();
  });
});

describe('first values', () => {
  const draw = (initialize: Initializer, ...shape: number[]): Float32Array => initialize(Random.seed(1), shape);
  const deviation = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

  it('are constant where they should be', () => {
    expect([...draw(zerosInit, 2, 1), ...draw(onesInit, 2), ...draw(constantInit(0.25), 1)]).toEqual([0, 0, 1, 1, 0.25]);
    expect(draw(onesInit)).toHaveLength(1);
  });

  it('have the deviation asked for, and the cut', () => {
    expect(deviation(draw(normalInit(0.02), 100, 100))).toBeCloseTo(0.02, 3);
    const cut = draw(truncatedNormalInit(1, 0.5), 5000);
    expect(Math.max(...cut.map(Math.abs))).toBeLessThanOrEqual(0.5);
    expect(deviation(draw(truncatedNormalInit(0.02), 5000))).toBeCloseTo(0.02, 2);
    const even = draw(uniformInit(0.3), 5000);
    expect(Math.max(...even.map(Math.abs))).toBeLessThanOrEqual(0.3);
    expect(deviation(even)).toBeCloseTo(0.3 / Math.sqrt(3), 2);
  });

  it('follow the fan-out of convolutions and linear layers', () => {
    expect(deviation(draw(kaimingFanOut, 64, 8, 3, 5))).toBeCloseTo(Math.sqrt(2 / (64 * 15)), 2);
    expect(deviation(draw(kaimingFanOut, 50, 200))).toBeCloseTo(Math.sqrt(2 / 50), 2);
  });

  it('are the same for the same place', () => {
    expect(draw(truncatedNormalInit(1), 7)).toEqual(draw(truncatedNormalInit(1), 7));
  });
});
