import {
  hostTensor, type HostTensor, type HostTensors, type Model, type ModelPass, namedParameters, type PrepareSite, Random, recordStep, type Recipe, sizeOf, type Specs, type StepGraph, type TensorSpec,
} from '@reidkit/core-tensor'; // prettier-ignore
import { type BuiltRun, type BuiltStage, modelPass, passStep } from '@reidkit/trainer';

/** How much data a profile pretends that there is. */
export interface ProfileSizes {
  /** Training identities. */
  readonly classes: number;
  /** Items of a batch. */
  readonly batch: number;
}

/** Images of each identity. */
const IMAGES = 2;

const INTEGERS = ['labels', 'cameras', 'views', 'domains', 'index'];

function fieldShapes(fields: Recipe['streams'][string]['fields'] | undefined, batch: number, size: readonly number[]): Specs {
  const { masks, partMasks, boxes } = fields ?? {};
  const floats = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' });
  const truths = (...shape: number[]): TensorSpec => ({ shape, dtype: 'bool' });
  return {
    ...(masks ? { masks: floats(batch, ...size), masksValid: truths(batch) } : {}),
    ...(partMasks
      ? {
          partMasks: floats(batch, partMasks.parts.length, partMasks.height, partMasks.width),
          partMasksValid: truths(batch, partMasks.parts.length),
        }
      : {}),
    ...(boxes ? { boxes: floats(batch, boxes.length, 4), boxesValid: truths(batch, boxes.length) } : {}),
  };
}

/** What a batch of a stream looks like. */
function batchSpecs({ imageSize }: Model, batch: number, fields?: Recipe['streams'][string]['fields']): Specs {
  const integers = Object.fromEntries(INTEGERS.map((name): [string, TensorSpec] => [name, { shape: [batch], dtype: 'int32' }]));
  return {
    ...integers,
    images: { shape: [batch, ...imageSize, 3], dtype: 'float32' },
    valid: { shape: [batch], dtype: 'bool' },
    toOriginal: { shape: [batch, 2, 3], dtype: 'float32' },
    ...fieldShapes(fields, batch, imageSize),
  };
}

const pick = (specs: Specs, names: Iterable<string>): Specs =>
  Object.fromEntries([...names].flatMap((name) => (specs[name] ? [[name, specs[name]]] : [])));

/** A pass of the model in evaluation, recorded for so many items. */
export function recordPass(
  model: Model,
  pass: ModelPass,
  outputs: readonly string[],
  batch: number,
  fields?: Recipe['streams'][string]['fields'],
): StepGraph {
  const parameters = Object.fromEntries(
    [...namedParameters(model)].map(([path, { shape }]): [string, TensorSpec] => [path, { shape, dtype: 'float32' }]),
  );
  const signature = { parameters, state: {}, batch: pick(batchSpecs(model, batch, fields), pass.reads), hyper: [], draws: false };
  return recordStep(passStep(model, pass, outputs), signature).graph;
}

/** Artefacts of a stage as random numbers of the right shapes: preparations are run on a model that only says what it would give. */
async function artefactsOf({ model, recipe }: BuiltRun, built: BuiltStage, sizes: ProfileSizes): Promise<Map<string, HostTensors>> {
  const { classes } = sizes;
  const records = classes * IMAGES;
  const fields = recipe.streams[built.stage.streams[0]!]?.fields;
  const made = new Map<string, HostTensors>();
  const infer: PrepareSite['infer'] = (name, outputs) => {
    const pass = modelPass(model, name);
    const { outputs: given } = recordPass(model, pass, outputs, 2, fields);
    const count = pass.reads.includes('images') ? records : classes;
    const tensors = outputs.map((output): [string, HostTensor] => {
      const shape = pass.reads.length === 0 ? given.outputs[output]!.shape : [count, ...given.outputs[output]!.shape.slice(1)];
      return [output, hostTensor(Random.seed(1).fork(output).normal(sizeOf(shape)), shape)];
    });
    return Promise.resolve(Object.fromEntries(tensors));
  };
  const site: PrepareSite = {
    model,
    classes,
    labels: Int32Array.from({ length: records }, (_, at) => at % classes),

    async *records() {
      yield* [];
    },
    infer,
    artefact: (name) => made.get(name) ?? {},
    random: Random.seed(2),
  };
  for (const [name, prepare] of built.artefacts.prepares) made.set(name, await prepare.run(site));
  return made;
}

/** Everything that a step of a stage reads, as numbers without meaning. */
export interface StageInputs {
  readonly batch: HostTensors;
  /** By the places where losses find them. */
  readonly artefacts: HostTensors;
}

function filled({ shape, dtype }: TensorSpec, name: string, classes: number): HostTensor {
  const size = sizeOf(shape);
  if (dtype === 'bool') return hostTensor(new Uint8Array(size).fill(1), shape, 'bool');
  if (dtype === 'int32') return hostTensor(Int32Array.from({ length: size }, (_, at) => (name === 'labels' ? (at >> 1) % classes : 0)), shape, 'int32'); // prettier-ignore
  const drawn = Random.seed(3).fork(name).normal(size);
  return hostTensor(name === 'partMasks' ? drawn.map((value) => (value > 0 ? 1 : 0)) : drawn, shape);
}

/** Names of one stream's batch among those of a step; of several streams the first batch of each comes. */
const prefixOf = ({ stream, isOnly }: BuiltStage['ways'][number]): string => (isOnly ? '' : `${stream}/0/`);

/** A batch for a stage, with the rows and artefacts that its losses read. */
export async function stageInputs(run: BuiltRun, built: BuiltStage, sizes: ProfileSizes): Promise<StageInputs> {
  const { stage, ways, artefactPlaces } = built;
  const made = await artefactsOf(run, built, sizes);
  const rows = Object.entries(stage.rows).map(([name, artefact]): [string, TensorSpec] => [
    name,
    { shape: [sizes.batch, ...made.get(artefact)!.value!.shape.slice(1)], dtype: 'float32' },
  ]);
  const batch = ways.flatMap((way) => {
    const specs = { ...batchSpecs(run.model, sizes.batch, run.recipe.streams[way.stream]?.fields), ...Object.fromEntries(rows) };
    return Object.entries(pick(specs, way.reads)).map(([name, spec]): [string, HostTensor] => [
      `${prefixOf(way)}${name}`,
      filled(spec, name, sizes.classes),
    ]);
  });
  const artefacts = [...artefactPlaces].map(([place, name]): [string, HostTensor] => {
    const tensors = made.get(name)!;
    return [place, place === name ? tensors.value! : tensors[place.slice(name.length + 1)]!];
  });
  return { batch: Object.fromEntries(batch), artefacts: Object.fromEntries(artefacts) };
}
