import type { CheckpointFile, CheckpointTensor } from '@reidkit/core-tensor';
import { checkNames, type NameReport } from './check-names.ts';
import { findWeights, type FoundWeights } from './find-weights.ts';
import type { KeyTable } from './key-table.ts';
import { KEY_TABLES } from './key-tables.ts';
import { mapNames, theirNames, type MappedNames } from './map-names.ts';
import { namePattern } from './name-pattern.ts';
import { nearestArchitecture, type ArchitecturePreset } from './presets.ts';

/** What a checkpoint is, as far as its names and shapes tell. */
export interface CheckpointRecognition {
  /** `reidkit` for a run of ours, `unknown`, or the table that fits. */
  readonly id: string;
  /** For people. */
  readonly title: string;
  readonly table?: KeyTable;
  readonly architecture?: ArchitecturePreset;
  /** Where in the file the weights are. */
  readonly weights: FoundWeights;
  /** What the table's names begin with in the file, which ours do not have. */
  readonly prefix: string;
  /** Our tensors and the names in the file (without place and wrappers) that they come from. */
  readonly mapped: MappedNames;
  /** How they meet the layout, in the names of the file. */
  readonly report: NameReport;
}

const matches = (patterns: readonly string[], names: readonly string[]): boolean[] =>
  patterns.map((pattern) => {
    const { match } = namePattern(pattern);
    return names.some((name) => match(name) !== undefined);
  });

/** The prefix under which a table's marks are in a file. */
function prefixIn({ marks, without = [], prefixes = [''] }: KeyTable, names: readonly string[]): string | undefined {
  return prefixes.find((prefix) => {
    const inside = (list: readonly string[]): string[] => list.map((name) => prefix + name);
    return matches(inside(marks), names).every(Boolean) && !matches(inside(without), names).some(Boolean);
  });
}

function tableOf(names: readonly string[]): { readonly table: KeyTable; readonly prefix: string } | undefined {
  for (const table of KEY_TABLES) {
    const prefix = prefixIn(table, names);
    if (prefix !== undefined) return { table, prefix };
  }
  return undefined;
}

const NOTHING: NameReport = { missing: [], unexpected: [], misshapen: [], ignored: [], sizes: {} };

/** Tensors of the weights by their own names, without a prefix; what stands beside it keeps its whole name. */
function inside(file: CheckpointFile, { names }: FoundWeights, prefix: string): Map<string, CheckpointTensor> {
  return new Map([...names].map(([name, full]) => [name.startsWith(prefix) ? name.slice(prefix.length) : name, file.tensors.get(full)!]));
}

/** The path in the file of a name without place, wrappers and prefix. */
export function pathInFile({ weights, prefix }: Pick<CheckpointRecognition, 'weights' | 'prefix'>, name: string): string {
  return weights.names.get(prefix + name) ?? weights.names.get(name)!;
}

function unrecognized(file: CheckpointFile, weights: FoundWeights): CheckpointRecognition {
  const { recipe } = file.metadata;
  const known = recipe === undefined ? undefined : { id: 'reidkit', title: `a model that reidkit trained by the recipe "${recipe}"` };
  return {
    ...(known ?? { id: 'unknown', title: 'weights of no architecture that is known here' }),
    weights,
    prefix: '',
    mapped: mapNames({}, inside(file, weights, '')),
    report: NOTHING,
  };
}

/** What a checkpoint is, from its names and shapes; reads no numbers. */
export function recognizeCheckpoint(file: CheckpointFile): CheckpointRecognition {
  const weights = findWeights(file);
  const names = [...weights.names.keys()];
  const found = file.metadata.recipe === undefined ? tableOf(names) : undefined;
  if (!found) return unrecognized(file, weights);
  const { table, prefix } = found;
  const mapped = mapNames(table, inside(file, weights, prefix));
  const shapes = new Map([...mapped.tensors].map(([name, { shape }]) => [name, shape]));
  const report = checkNames(table.layout, shapes);
  const inFile = (name: string): string[] => theirNames(table, name).map((theirs) => prefix + theirs);
  const halves = new Set(mapped.problems.map(({ ours }) => ours));
  const architecture = nearestArchitecture(table.layout.id, report.sizes);
  return {
    id: table.id,
    title: table.title,
    table,
    ...(architecture ? { architecture } : {}),
    weights,
    prefix,
    mapped,
    report: {
      ...report,
      missing: report.missing.filter((name) => !halves.has(name)).flatMap(inFile),
      misshapen: [...mapped.problems.map(({ ours, sentence }) => ({ name: ours, sentence })), ...report.misshapen],
      ignored: [...mapped.ignored, ...report.ignored],
    },
  };
}
