import { onnxBackend } from '@reidkit/backend-onnx';
import {
  type Backend,
  countParameters,
  createRegistry,
  hostTensor,
  type HostTensor,
  type HostTensors,
  Random,
  sizeOf,
  stateDict,
  initializeParameters,
  type StepReport,
  useBackend,
} from '@reidkit/core-tensor';
import { muva } from '@reidkit/recipes';
import { type BuiltRun, buildRun, modelPass, passStep } from '@reidkit/trainer';
import { builtInPlugins } from 'reidkit';
import type { Case, MakeCase } from '../measure.ts';

const PARTS = 3;
const PAPER = { batch: 4, asked: 8, classes: 751, image: [256, 128], grid: [16, 8], projectedWidth: 512 } as const;
const TINY = { batch: 4, asked: 4, classes: 8, image: [64, 32], grid: [16, 8], projectedWidth: 48 } as const;

const normal = (seed: number, shape: readonly number[]): HostTensor => hostTensor(Random.seed(seed).normal(sizeOf(shape)), shape);

/** Rows of random numbers of length 1. */
function directions(seed: number, [rows, width]: readonly [number, number]): HostTensor {
  const { data, shape } = normal(seed, [rows, width]);
  const lengths = Array.from({ length: rows }, (_, row) => Math.hypot(...data.subarray(row * width, (row + 1) * width)));
  return hostTensor((data as Float32Array).map((value, at) => value / lengths[Math.floor(at / width)]!), shape); // prettier-ignore
}

/** The image stage of the recipe as it is, on ready prototypes and sentences; the text side stays away, as it does from the peer. */
function built(tiny: boolean): BuiltRun {
  const recipe = muva({ preset: 'paper', size: tiny ? 'tiny' : 'paper' });
  const { text: _text, ...options } = recipe.model.options as Record<string, unknown>;
  recipe.model = { ...recipe.model, options };
  const frozen = tiny ? [] : ['image_encoder.conv1.*'];
  recipe.stages = [{ ...recipe.stages[1]!, needs: [], prepare: {}, refresh: {}, frozen }];
  const facts = { data: { classes: (tiny ? TINY : PAPER).classes, cameras: 6, views: 0, records: 1 } };
  return buildRun(recipe, facts, createRegistry(...builtInPlugins), { artefacts: ['textFeatures'] });
}

async function inference(backend: Backend, tiny: boolean): Promise<Case> {
  const { asked, image } = tiny ? TINY : PAPER;
  const { model } = built(tiny);
  initializeParameters(model, Random.seed(1));
  const program = backend.makeProgram(passStep(model, modelPass(model, 'images'), ['descriptor']), { parameters: await stateDict(model) });
  const images = normal(2, [asked, ...image, 3]);
  return {
    run: () => program.run({ batch: { images } }),
    explain: () => program.explain?.(),
    report: (last) => ({ value: (last as StepReport).outputs.descriptor!.data[0] }),
    fields: { parameters: countParameters(model).total, batch: asked },
  };
}

function training(backend: Backend, tiny: boolean): Case {
  const { batch, classes, image, grid, projectedWidth } = tiny ? TINY : PAPER;
  const { model, stages } = built(tiny);
  const [{ plan, optimizer, ways }] = stages as [(typeof stages)[0]];
  const width = (1 + PARTS) * projectedWidth;
  const [rows, columns] = grid;
  const stripes = Float32Array.from({ length: batch * PARTS * rows * columns }, (_, at) => {
    const [row, part] = [Math.floor(at / columns) % rows, Math.floor(at / (rows * columns)) % PARTS];
    return Math.floor((row * PARTS) / rows) === part ? 1 : 0;
  });
  const state = { 'buffer.losses.prototypes.prototypes': directions(4, [classes, width]) };
  const artefacts = { textFeatures: directions(5, [classes, width]) };
  const program = backend.makeProgram(plan.step, {
    ...plan.values(Random.seed(1), { parameters: {}, state }, artefacts),
    isGivenAway: true,
  });
  const all: HostTensors = {
    images: normal(2, [batch, ...image, 3]),
    labels: hostTensor(Int32Array.from({ length: batch }, (_, i) => i >> 1), [batch], 'int32'), // prettier-ignore
    valid: hostTensor(new Uint8Array(batch).fill(1), [batch], 'bool'),
    partMasks: hostTensor(stripes, [batch, PARTS, rows, columns]),
    partMasksValid: hostTensor(new Uint8Array(batch * PARTS).fill(1), [batch, PARTS], 'bool'),
  };
  const inputs = Object.fromEntries([...ways[0]!.reads].map((name) => [name, all[name]!]));
  const hyper = optimizer.hyper((rate) => rate);
  let step = 0;
  return {
    run: () => program.run({ batch: inputs, hyper, random: Random.seed(3).fork(step++) }),
    explain: () => program.explain?.(),
    report: (last) => ({ value: (last as StepReport).losses.total }),
    fields: { parameters: countParameters(model).total },
  };
}

/** `muva-train-step`: a step of stage 2; `muva-infer`: descriptors, masks predicted. */
export const makeCase: MakeCase = async (name, { threads, tiny, eager }): Promise<Case> => {
  const backend = await useBackend(onnxBackend({ threads, eager }));
  return name === 'muva-infer' ? inference(backend, tiny) : training(backend, tiny);
};
