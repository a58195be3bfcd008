import {
  checkStateDict,
  copyHostTensor,
  type HostTensors,
  type Model,
  namedParameters,
  ReidError,
  removePartials,
} from '@reidkit/core-tensor';
import { readWeights } from '@reidkit/encoders';
import { Artefacts } from './artefacts.ts';
import { type BuiltRun, buildRun } from './build-run.ts';
import { loadCheckpoint, type Position } from './checkpoint.ts';
import { checkStreams, readRunData, trainingData, type RunData } from './run-data.ts';
import { fileExists } from './file-exists.ts';
import { createRunFolder, runFolder, type RunFolder } from './run-folder.ts';
import { checkRunRecord, readRunRecord, type RunRecord, writeRunRecord } from './run-record.ts';
import { type Held, START } from './run-stage.ts';
import type { TrainOptions } from './train.ts';

/** A run that is ready to go on. */
export interface Begun {
  readonly built: BuiltRun;
  readonly data: RunData;
  readonly folder: RunFolder;
  readonly artefacts: Artefacts;
  readonly record: RunRecord;
  readonly position: Position;
  readonly held: Held;
  /** What there is to say about the weights to start from. */
  readonly note: string;
}

/** A run from the beginning, in a folder of its own. Throws FILE_EXISTS, and what its parts throw, before anything is written. */
export async function beginNew(options: TrainOptions): Promise<Begun> {
  const { recipe, out, registry, backend, versions = {}, artefacts: given = {} } = options;
  if (!recipe) throw new ReidError('INVALID_ARGUMENT', 'train() needs a recipe, or a run to resume.');
  const data = await readRunData(recipe, registry);
  checkStreams(recipe, data);
  const built = buildRun(recipe, data.facts, registry, { artefacts: Object.keys(given) });
  const { initialWeights, leave = [] } = options;
  const { tensors, note } =
    initialWeights === undefined ? { tensors: {}, note: '' } : await readWeights(initialWeights, built.model, { leave });
  const artefacts = new Artefacts(runFolder(out).artefacts, trainingData(data));
  const brought = await readGiven(artefacts, given, built.model);
  const folder = await createRunFolder(out, options.besides);
  for (const name of Object.keys(given)) await artefacts.save(name);
  const first = { ...tensors, ...brought };
  const buffers = Object.fromEntries(Object.entries(first).map(([path, value]) => [`buffer.${path}`, value]));
  return {
    note, built, data, folder, artefacts, position: START, held: { parameters: first, state: buffers },
    record: await writeRunRecord(folder, { built, data, backend, versions, artefacts: Object.keys(given) }),
  }; // prettier-ignore
}

/** A run that was begun before, from its last checkpoint. Throws FILE_NOT_FOUND, FILE_INVALID or DATASET_INVALID. */
export async function beginAgain(options: TrainOptions): Promise<Begun> {
  const folder = runFolder(options.out);
  const record = await readRunRecord(folder);
  await removePartials(options.out);
  if (await fileExists(folder.artefacts)) await removePartials(folder.artefacts);
  const data = await readRunData(record.recipe, options.registry);
  checkRunRecord(record, data);
  const built = buildRun(record.recipe, data.facts, options.registry, { artefacts: record.artefacts });
  const artefacts = new Artefacts(folder.artefacts, trainingData(data));
  const checkpoint = await loadCheckpoint(folder.checkpoint).catch(startAgain);
  await artefacts.verify(checkpoint?.artefacts ?? {});
  const given = await Promise.all(record.artefacts.map((name) => artefacts.get(name)));
  const first = checkpoint ? undefined : parametersAmong(given, built.model);
  const held = checkpoint ?? { parameters: first!, state: {} };
  return { note: '', record, built, data, folder, artefacts, position: checkpoint?.position ?? START, held };
}

/** Artefacts of other runs; parameters of the model among them are checked for their shapes. */
async function readGiven(artefacts: Artefacts, given: Readonly<Record<string, string>>, model: Model): Promise<HostTensors> {
  const all: HostTensors[] = [];
  for (const [name, path] of Object.entries(given)) {
    const tensors = await artefacts.take(name, path);
    checkStateDict(model, tensors, { source: path, allow: { missing: () => true, unexpected: () => true } });
    all.push(tensors);
  }
  return parametersAmong(all, model);
}

/** What of artefacts are parameters of the model, for training to write over. */
function parametersAmong(artefacts: readonly HostTensors[], model: Model): HostTensors {
  const paths = new Set([...namedParameters(model)].map(([path]) => path));
  return Object.fromEntries(
    artefacts.flatMap((tensors) =>
      Object.entries(tensors).flatMap(([name, value]) => (paths.has(name) ? [[name, copyHostTensor(value)]] : [])),
    ),
  );
}

/** A run that was stopped before its first checkpoint begins at the beginning. */
function startAgain(error: unknown): undefined {
  if (ReidError.is(error) && error.code === 'FILE_NOT_FOUND') return undefined;
  throw error;
}
