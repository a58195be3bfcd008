import { onnxBackend } from '@reidkit/backend-onnx';
import { type Backend, hostTensor, type HostTensors, type Model, type Program, Random, stateDict, initializeParameters, useBackend } from '@reidkit/core-tensor'; // prettier-ignore
import { beforeAll, describe, expect, it } from 'vitest';
import { modelPass, passStep, readOf } from './model-pass.ts';
import { PassPrograms } from './pass-programs.ts';
import { smallRun } from './small-run.fixture.ts';

let backend: Backend;
let model: Model;
let first: HostTensors;

/** Parameters of the model, times a number. */
const numbersTimes = (factor: number): HostTensors =>
  Object.fromEntries(Object.entries(first).map(([path, { data, shape }]) => [path, hostTensor(data.map((value) => value * factor), shape)])); // prettier-ignore

beforeAll(async () => {
  backend = await useBackend(onnxBackend({ threads: 1 }));
  const small = await smallRun();
  const { use, options } = small.recipe().model;
  model = small.registry.use<Model>({ use, options: { ...(options as object), classes: 8 } });
  initializeParameters(model, Random.seed(1));
  first = await stateDict(model);
  await small.remove();
});

describe('PassPrograms', () => {
  it('make one program for a pass and its outputs, whose later numbers give the same bits as a program of their own', async () => {
    const made: Program[] = [];
    const programs = new PassPrograms(model, (step, values) => {
      made.push(backend.makeProgram(step, values));
      return made.at(-1)!;
    });
    const images = hostTensor(Random.seed(7).normal(2 * 32 * 16 * 3), [2, 32, 16, 3]);
    const pass = modelPass(model, 'images');
    const [output] = pass.gives.evaluation as [string];
    const batch = readOf({ images }, pass.reads);
    const seen: Float32Array[] = [];
    for (const factor of [1, 1.5, 2]) {
      const numbers = numbersTimes(factor);
      const { outputs } = await programs.with('images', [output], numbers).program.run({ batch });
      const own = backend.makeProgram(passStep(model, pass, [output]), { parameters: numbers });
      expect(outputs[output]!.data).toEqual((await own.run({ batch })).outputs[output]!.data);
      own.dispose();
      seen.push(outputs[output]!.data as Float32Array);
    }
    expect(made).toHaveLength(1);
    expect(seen[0]).not.toEqual(seen[1]);
    programs.dispose();
  });

  it('refuse a pass that there is not', () => {
    const programs = new PassPrograms(model, (step, values) => backend.makeProgram(step, values));
    expect(() => programs.with('imags', ['descriptor'], {})).toThrow('The model has no pass "imags".');
  });
});
