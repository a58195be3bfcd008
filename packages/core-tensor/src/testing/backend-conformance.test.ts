import { describe, expect, it } from 'vitest';
import { plainProduct, referenceBackend } from '../backend.ts';
import type { Backend } from '../kinds/backend.ts';
import { eagerProgram } from '../step.ts';
import { keep, mul } from '../tensor.ts';
import { backendConformance } from './backend-conformance.ts';
import { backendTrials } from './backend-trials.ts';
import { conformanceFaults } from './conformance-check.ts';
import { gradientFaults } from './finite-differences.ts';

describe('backendConformance passes the reference', () => {
  for (const { title, check } of backendConformance(() => referenceBackend)) it(title, check);
});

describe('the operations that engines are tried on', () => {
  it.each(backendTrials)('have measured gradients on the reference: $name', async ({ run, inputs }) => {
    await referenceBackend.start();
    expect(await gradientFaults(run, inputs, { most: 12 })).toEqual([]);
  });
});

describe('backendConformance names', () => {
  const faults = async (change: Partial<Backend>, only: string): Promise<string> => {
    const checks = backendConformance(() => ({ ...referenceBackend, ...change }));
    return (await conformanceFaults(checks.filter(({ title }) => title.includes(only)))).join('\n');
  };

  it('a program that trains otherwise, leaks, or is never the same', async () => {
    const slower: Backend['makeProgram'] = (step, values) =>
      eagerProgram((inputs) => step({ ...inputs, hyper: { ...inputs.hyper, 'rate.0': mul(inputs.hyper['rate.0']!, 0.9) } }), values);
    expect(await faults({ makeProgram: slower }, 'trains')).toMatch(
      /^trains as .*: Five training steps, here and on the reference: "a" differs by/,
    );
    const leaking: Backend['makeProgram'] = (step, values) =>
      eagerProgram((inputs) => (keep(mul(inputs.parameters.a!, 1)), step(inputs)), values);
    expect(await faults({ makeProgram: leaking }, 'trains')).toContain('Five training steps leak 5 tensors.');
    const restless: Backend['makeProgram'] = (step, values) =>
      eagerProgram((inputs) => step({ ...inputs, batch: { ...inputs.batch, x: mul(inputs.batch.x!, 1 + Math.random()) } }), values);
    expect(await faults({ makeProgram: restless }, 'same bits')).toContain('Five training steps, twice: ');
  });

  it('a matrix product that is wrong', async () => {
    const multiply: Backend['matrixProduct']['multiply'] = (a, b) => plainProduct(a, b).map((value) => value * 1.01);
    expect(await faults({ matrixProduct: { name: 'wrong', multiply } }, 'multiplies')).toContain(
      'Its matrix product differs from the plain one.',
    );
  });

  it('an engine that does not say what it is', async () => {
    expect(await faults({ info: () => ({ ...referenceBackend.info(), device: '' }) }, 'starts')).toContain(
      'It does not say its name, version or device.',
    );
  });
});
