import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from './backend.ts';
import { EVALUATION, dropPath, dropout, seededDraws, trainingContext, type Context } from './context.ts';
import { buffer, zerosInit } from './parameter.ts';
import { Random } from './random.ts';
import { valueAndGradients } from './step.ts';
import { ones, sum, tensor } from './tensor.ts';

beforeAll(() => useBackend(referenceBackend));

const drawing = (seed = 1): Context => trainingContext({ draws: seededDraws(Random.seed(seed)) });

describe('contexts', () => {
  it('draw anew with every call, and the same again from the same place', () => {
    const [a, b] = [drawing(), drawing()];
    const numbers = (ctx: Context): number[][] => [ctx.draws.uniform([2, 3]), ctx.draws.normal([3]), ctx.draws.uniform([6])].map((drawn) => [...drawn.dataSync()]); // prettier-ignore
    const first = numbers(a);
    expect(numbers(b)).toEqual(first);
    expect(first[0]).not.toEqual(first[2]);
    expect(a.draws.uniform([2, 3]).shape).toEqual([2, 3]);
  });

  it('refuse draws in evaluation, with a way out', () => {
    expect(() => EVALUATION.draws.uniform([1])).toThrow('A forward pass drew random numbers, but none were given.');
    expect(() => EVALUATION.draws.normal([1])).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it('collect what buffers become, without touching them', () => {
    const running = buffer([1], zerosInit);
    const ctx = trainingContext({ draws: seededDraws(Random.seed(1)) });
    const next = tensor([3]);
    ctx.update(running, next);
    expect(ctx.updates.get(running)).toBe(next);
    expect(running.hasValue).toBe(false);
    expect(EVALUATION.update(running, next)).toBeUndefined();
  });
});

describe('dropout', () => {
  it('drops about the share asked for and keeps the mean', () => {
    const dropped = dropout(ones([50, 40]), 0.3, drawing());
    const values = [...dropped.dataSync()];
    expect(values.filter((value) => value === 0).length / 2000).toBeCloseTo(0.3, 1);
    for (const value of values.filter((kept) => kept !== 0)) expect(value).toBeCloseTo(1 / 0.7, 5);
  });

  it('drops whole samples of a path', () => {
    const rows = dropPath(ones([20, 2, 3]), 0.5, drawing()).arraySync() as number[][][];
    for (const row of rows) expect(new Set(row.flat()).size).toBe(1);
    expect(new Set(rows.map((row) => row[0]![0]))).toEqual(new Set([0, 2]));
  });

  it('leaves everything in evaluation, and at probability 0 without a draw', () => {
    const x = ones([2, 3]);
    expect([dropout(x, 0.5, EVALUATION), dropPath(x, 0.5, EVALUATION), dropout(x, 0, { ...EVALUATION, training: true })]).toEqual([
      x,
      x,
      x,
    ]);
  });

  it('drops everything at probability 1, without a NaN', () => {
    expect([...dropout(ones([3]), 1, drawing()).dataSync()]).toEqual([0, 0, 0]);
  });

  it('passes the gradient of what it kept', () => {
    const x = ones([40]);
    const value = dropout(x, 0.5, drawing());
    const { gradients } = valueAndGradients((v) => ({ value: sum(dropout(v.x!, 0.5, drawing())), rest: {} }), { x });
    expect([...gradients.x!.dataSync()]).toEqual([...value.dataSync()]);
  });
});
