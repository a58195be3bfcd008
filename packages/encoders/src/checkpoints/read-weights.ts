import {
  checkStateDict,
  decodeElements,
  memoryType,
  Module,
  namedParameters,
  openCheckpoint,
  ReidError,
  type HostTensor,
  type HostTensors,
} from '@reidkit/core-tensor';
import { isListed } from './check-names.ts';
import { mappedTensors } from './import-checkpoint.ts';
import { recognizeCheckpoint, type CheckpointRecognition } from './recognize.ts';

/** How weights are brought to a model. */
export interface ReadWeightsOptions {
  /** Names of the model that keep their own numbers, such as `classifier.*`; `*` stands for any text. Default: none. */
  readonly leave?: readonly string[];
}

/** Weights of a file as a model takes them. */
export interface ReadWeights {
  /** Numbers by the model's own names, those that the file has. */
  readonly tensors: HostTensors;
  /** Names of the model that the file has nothing for. */
  readonly missing: readonly string[];
  /** Names of the file, as they are called here, that the model has no place for; those of no use to any model are not told. */
  readonly unexpected: readonly string[];
  /** What the file is. */
  readonly recognition: CheckpointRecognition;
  /** What was taken and what was not, in a sentence. */
  readonly note: string;
}

/** A part of a model that brings numbers from elsewhere into its own form. */
interface Adapting extends Module {
  adaptCheckpoint(numbers: HostTensors): HostTensors;
}

const isAdapting = (value: unknown): value is Adapting =>
  Module.is(value) && typeof (value as Partial<Adapting>).adaptCheckpoint === 'function';

/** The outermost parts of a model that adapt numbers, by their path with its dot. */
function* adaptingParts(node: unknown, path = ''): Generator<readonly [path: string, part: Adapting]> {
  if (isAdapting(node)) yield [path, node];
  else if (Array.isArray(node) || Module.is(node)) {
    for (const [name, child] of Object.entries(node)) yield* adaptingParts(child, `${path}${name}.`);
  }
}

const within = (prefix: string, numbers: HostTensors): HostTensors =>
  prefix === ''
    ? numbers
    : Object.fromEntries(
        Object.entries(numbers).flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])),
      );

/** What names may begin with: up to three parts. */
function beginnings(names: Iterable<string>): Set<string> {
  const found = new Set(['']);
  for (const name of names) {
    const parts = name.split('.');
    for (let count = 1; count < Math.min(4, parts.length); count++) found.add(`${parts.slice(0, count).join('.')}.`);
  }
  return found;
}

/** The place among a file's numbers where most of a part's names are; the part's own path before others. */
function bestPlace(path: string, own: ReadonlySet<string>, numbers: HostTensors): string {
  const count = (prefix: string): number => [...own].filter((name) => Object.hasOwn(numbers, prefix + name)).length;
  const places = beginnings(Object.keys(numbers));
  places.delete('');
  return ['', path, ...places].reduce((best, place) => (count(place) > count(best) ? place : best), count(path) > 0 ? path : '');
}

/** Numbers of the file as a model names them; a part that nothing is there for adds none. */
function adapted(model: Module, numbers: HostTensors): { readonly found: HostTensors; readonly used: ReadonlySet<string> } {
  const paths = new Set([...namedParameters(model)].map(([path]) => path));
  const found: Record<string, HostTensor> = {};
  const used = new Set<string>();
  for (const [name, value] of Object.entries(numbers)) {
    if (!paths.has(name)) continue;
    found[name] = value;
    used.add(name);
  }
  for (const [path, part] of adaptingParts(model)) {
    const own = new Set([...namedParameters(part)].map(([name]) => name));
    const place = bestPlace(path, own, numbers);
    const given = within(place, numbers);
    const taken = Object.entries(part.adaptCheckpoint(given)).filter(([name]) => own.has(name));
    for (const [name, value] of taken) found[path + name] = value;
    for (const name of usedNames(given, taken)) used.add(place + name);
  }
  return { found, used };
}

/** Names whose numbers were taken, as they are or as something made of them under the same last name. */
function usedNames(given: HostTensors, taken: readonly (readonly [name: string, value: HostTensor])[]): string[] {
  const values = new Set(taken.map(([, value]) => value));
  const same = new Set(Object.values(given).filter((value) => values.has(value)));
  const made = taken.flatMap(([name, value]) => (same.has(value) ? [] : [name]));
  return Object.keys(given).filter((name) => same.has(given[name]!) || made.some((own) => own === name || name.endsWith(`.${own}`)));
}

/** How the trainer marks what a run goes on from. */
const TRAINING = 'reidkit-training-1';

async function numbersIn(path: string): Promise<{ readonly numbers: HostTensors; readonly recognition: CheckpointRecognition }> {
  const file = await openCheckpoint(path);
  try {
    if (file.metadata.format === TRAINING) {
      throw new ReidError('CHECKPOINT_MISMATCH', `"${path}" is a training checkpoint: it holds moments and counters beside the weights.`, {
        hint: 'take "model.safetensors" of the same run, or go on with that run by --resume.',
      });
    }
    const recognition = recognizeCheckpoint(file);
    const numbers: Record<string, HostTensor> = {};
    for (const [name, { type, shape, readBytes }] of mappedTensors(file, recognition)) {
      const data = decodeElements(type, await readBytes(), true);
      // Whole numbers beyond int32 are counters or hashes: no model has a place for them.
      if (data) numbers[name] = { dtype: memoryType(type), shape, data };
    }
    return { numbers, recognition };
  } finally {
    await file.close();
  }
}

const list = (names: readonly string[]): string =>
  names.length === 0 ? 'none' : names.slice(0, 8).join(', ') + (names.length > 8 ? ' …' : '');

/**
 * Weights of a checkpoint of any kind (see `openCheckpoint`) as a model takes them: recognised, under the model's names, and brought into its
 * form by those of its parts that have `adaptCheckpoint` (positions of another image size, one side of a CLIP). Changes nothing. Throws
 * CHECKPOINT_MISMATCH when no name meets or shapes differ, FILE_NOT_FOUND, FILE_INVALID.
 */
export async function readWeights(path: string, model: Module, { leave = [] }: ReadWeightsOptions = {}): Promise<ReadWeights> {
  const { numbers, recognition } = await numbersIn(path);
  const { found, used } = adapted(model, numbers);
  const isLeft = isListed(leave);
  const tensors = Object.fromEntries(Object.entries(found).filter(([name]) => !isLeft(name)));
  const { missing } = checkStateDict(model, tensors, { source: path, allow: { missing: () => true } });
  const count = Object.keys(tensors).length;
  if (count === 0) {
    const names = Object.keys(numbers);
    throw new ReidError(
      'CHECKPOINT_MISMATCH',
      `No name in "${path}" is a parameter of the model. It is ${recognition.title} and has ${list(names)}.`,
      {
        hint: `the model has ${list(missing)}.`,
      },
    );
  }
  const ignored = new Set(recognition.report.ignored);
  const unexpected = Object.keys(numbers).filter((name) => !used.has(name) && !ignored.has(name));
  const note = `${count} tensors of ${recognition.title} taken from ${path}; not in the file: ${list(missing)}; not in the model: ${list(unexpected)}.`;
  return { tensors, missing, unexpected, recognition, note };
}
