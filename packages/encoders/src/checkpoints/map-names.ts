import { formatShape, sameShape, type CheckpointTensor, type HostTensor, type HostTensors } from '@reidkit/core-tensor';
import { isListed } from './check-names.ts';
import type { KeyTable, Rename } from './key-table.ts';
import { namePattern, type NamePattern } from './name-pattern.ts';

/** Where one of our tensors comes from. */
export interface MappedTensor extends Pick<CheckpointTensor, 'type' | 'shape'> {
  /** Names in the file; several stand below each other. */
  readonly from: readonly string[];
  /** Whether rows and columns are exchanged. */
  readonly turned: boolean;
}

/** The names of a file as ours. */
export interface MappedNames {
  readonly tensors: ReadonlyMap<string, MappedTensor>;
  /** Tensors of ours whose parts are missing or do not fit together. */
  readonly problems: readonly MappingProblem[];
  /** Names that the table leaves out. */
  readonly ignored: readonly string[];
}

/** Why names of a file make none of our tensors. */
export interface MappingProblem {
  readonly ours: string;
  readonly sentence: string;
}

interface Rule {
  readonly rename: Rename;
  readonly ours: NamePattern;
  readonly theirs: readonly NamePattern[];
}

const listOf = (names: string | readonly string[]): readonly string[] => (typeof names === 'string' ? [names] : names);

const rulesOf = ({ renames = [] }: KeyTable): Rule[] =>
  renames.map((rename) => ({ rename, ours: namePattern(rename.ours), theirs: listOf(rename.theirs).map(namePattern) }));

type Sizes = Pick<CheckpointTensor, 'type' | 'shape'>;

/** The tensor that several of the file make, or why they make none. */
function joined(ours: string, from: readonly string[], turned: boolean, tensors: ReadonlyMap<string, Sizes>): MappedTensor | string {
  const missing = from.filter((name) => !tensors.has(name));
  if (missing.length > 0) return missing.map((name) => `missing "${name}", part of "${ours}"`).join('; ');
  const parts = from.map((name) => tensors.get(name)!);
  const [{ type, shape }] = parts as [Sizes];
  if (!parts.every((part) => part.type === type && sameShape(part.shape, shape))) {
    const list = parts.map((part, i) => `"${from[i]}" ${part.type} ${formatShape(part.shape)}`);
    return `parts of "${ours}" differ: ${list.join(', ')}`;
  }
  if (turned && shape.length !== 2) return `"${from[0]}" expected [rows, columns], got ${formatShape(shape)}`;
  const whole = from.length === 1 ? shape : [from.length * (shape[0] ?? 1), ...shape.slice(1)];
  return { from, turned, type, shape: turned ? [...shape].reverse() : whole };
}

/** Names of a file as a table maps them to ours; names that it does not know stay as they are. */
export function mapNames(table: Pick<KeyTable, 'renames' | 'ignored'>, tensors: ReadonlyMap<string, Sizes>): MappedNames {
  const rules = rulesOf(table as KeyTable);
  const isIgnored = isListed(table.ignored ?? []);
  const mapped = new Map<string, MappedTensor>();
  const problems: MappingProblem[] = [];
  const ignored: string[] = [];
  const done = new Set<string>();
  for (const [name, { type, shape }] of tensors) {
    if (done.has(name)) continue;
    const rule = rules.find(({ theirs }) => theirs.some((pattern) => pattern.match(name)));
    if (isIgnored(name)) ignored.push(name);
    else if (!rule) mapped.set(name, { from: [name], turned: false, type, shape });
    else {
      const parts = rule.theirs.map((pattern) => pattern.match(name)).find(Boolean)!;
      const from = rule.theirs.map((pattern) => pattern.fill(parts));
      const ours = rule.ours.fill(parts);
      const tensor = joined(ours, from, rule.rename.turned ?? false, tensors);
      for (const part of from) done.add(part);
      if (typeof tensor === 'string') problems.push({ ours, sentence: tensor });
      else mapped.set(ours, tensor);
    }
  }
  return { tensors: mapped, problems, ignored };
}

/** Names of the file behind one of our names: itself where the table does not rename it. */
export function theirNames(table: Pick<KeyTable, 'renames'>, name: string): readonly string[] {
  for (const { ours, theirs } of rulesOf(table as KeyTable)) {
    const parts = ours.match(name);
    if (parts) return theirs.map((pattern) => pattern.fill(parts));
  }
  return [name];
}

/** Rows and columns exchanged. */
function turnBytes(bytes: Uint8Array, rows: number, columns: number): Uint8Array {
  const width = bytes.byteLength / (rows * columns);
  const turned = new Uint8Array(bytes.byteLength);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = (row * columns + column) * width;
      const to = (column * rows + row) * width;
      for (let byte = 0; byte < width; byte++) turned[to + byte] = bytes[from + byte]!;
    }
  }
  return turned;
}

/** Bytes of one of our tensors from those of the file. */
export async function readMapped(tensor: MappedTensor, read: (name: string) => Promise<Uint8Array>): Promise<Uint8Array> {
  const { from, turned, shape } = tensor;
  if (from.length === 1) {
    const bytes = await read(from[0]!);
    return turned ? turnBytes(bytes, shape[1]!, shape[0]!) : bytes;
  }
  const parts: Uint8Array[] = [];
  for (const name of from) parts.push(await read(name));
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** Numbers with rows and columns exchanged. */
function turnNumbers({ dtype, shape, data }: HostTensor): HostTensor {
  const [rows, columns] = shape as readonly [number, number];
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const turned = turnBytes(bytes, rows, columns);
  return { dtype, shape: [columns, rows], data: rebuild(data, turned) };
}

type Numbers = HostTensor['data'];

function rebuild(like: Numbers, bytes: Uint8Array): Numbers {
  if (like instanceof Float32Array) return new Float32Array(bytes.buffer);
  return like instanceof Int32Array ? new Int32Array(bytes.buffer) : bytes;
}

/** Our numbers under the names of a table: stacked ones taken apart, turned ones turned back. Names that it does not know stay. */
export function numbersForTable(table: Pick<KeyTable, 'renames'>, numbers: HostTensors): HostTensors {
  const rules = rulesOf(table as KeyTable);
  return Object.fromEntries(
    Object.entries(numbers).flatMap(([name, tensor]): [string, HostTensor][] => {
      const rule = rules.find(({ ours }) => ours.match(name));
      if (!rule) return [[name, tensor]];
      const names = rule.theirs.map((pattern) => pattern.fill(rule.ours.match(name)!));
      if (names.length === 1) return [[names[0]!, rule.rename.turned ? turnNumbers(tensor) : tensor]];
      const length = tensor.data.length / names.length;
      const shape = [tensor.shape[0]! / names.length, ...tensor.shape.slice(1)];
      return names.map((part, i) => [part, { dtype: tensor.dtype, shape, data: tensor.data.slice(i * length, (i + 1) * length) }]);
    }),
  );
}

/** Numbers under the names of a table as ours; names that it does not know stay. Gives also sentences about what does not fit together. */
export function numbersFromTable(
  table: Pick<KeyTable, 'renames' | 'ignored'>,
  numbers: HostTensors,
): { readonly numbers: HostTensors; readonly problems: readonly MappingProblem[] } {
  const sizes = new Map(
    Object.entries(numbers).map(([name, { shape, dtype }]) => [
      name,
      { shape, type: dtype === 'float32' ? ('F32' as const) : ('I32' as const) },
    ]),
  );
  const { tensors, problems } = mapNames(table, sizes);
  const entries = [...tensors].map(([ours, { from, turned, shape }]): [string, HostTensor] => {
    const parts = from.map((name) => numbers[name]!);
    const [first] = parts as [HostTensor];
    if (parts.length === 1) return [ours, turned ? turnNumbers(first) : first];
    const data = rebuild(first.data, new Uint8Array(shape.reduce((a, b) => a * b, first.data.BYTES_PER_ELEMENT)));
    parts.forEach((part, i) => data.set(part.data, i * first.data.length));
    return [ours, { dtype: first.dtype, shape, data }];
  });
  return { numbers: Object.fromEntries(entries), problems };
}
