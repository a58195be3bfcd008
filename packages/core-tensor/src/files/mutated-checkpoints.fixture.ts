import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { ReidError } from '../errors.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { FixtureTensor, floats, pickleBody, Raw, torchLegacy, torchZip, type ZipNumbers } from './torch/torch-file.fixture.ts';

/** A checkpoint that was changed, what its tensors held before, and which of them the change touches. */
export interface MutatedCheckpoint {
  readonly bytes: Buffer;
  readonly ending: string;
  readonly tensors: ReadonlyMap<string, readonly number[]>;
  readonly touched: ReadonlySet<string>;
}

/** A file before it is changed, and which of its bytes belong to which tensors. */
interface Whole {
  readonly bytes: Buffer;
  readonly regions: readonly Region[];
}

interface Region {
  readonly begin: number;
  readonly end: number;
  readonly names: readonly string[];
}

/** Tensors of a file: `a0`, `a1` … each of a storage, which several may share. */
interface Content {
  readonly storages: readonly (readonly number[])[];
  readonly views: readonly { readonly storage: number; readonly offset: number; readonly length: number; readonly step: number }[];
}

const nameOf = (index: number): string => `layer.${index}.weight`;

/** Numbers that no two storages have in common, so that a wrong place shows. */
const content: fc.Arbitrary<Content> = fc
  .record({
    lengths: fc.array(fc.integer({ min: 4, max: 40 }), { minLength: 1, maxLength: 4 }),
    picks: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 6 }),
  })
  .map(({ lengths, picks }) => ({
    storages: lengths.map((length, storage) => Array.from({ length }, (_, i) => 1000 * (storage + 1) + i + 0.5)),
    views: picks.map(([pick, begin, size, step]) => {
      const storage = pick % lengths.length;
      const offset = begin % lengths[storage]!;
      const most = Math.floor((lengths[storage]! - 1 - offset) / step) + 1;
      return { storage, offset, step, length: 1 + (size % most) };
    }),
  }));

const valuesOf = ({ storages, views }: Content): Map<string, readonly number[]> =>
  new Map(
    views.map(({ storage, offset, length, step }, i) => [
      nameOf(i),
      Array.from({ length }, (_, at) => storages[storage]![offset + at * step]!),
    ]),
  );

const EXTREME = [0, 1, -1, 2, 3, 7, 255, 2 ** 16, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 52, -(2 ** 31), -(2 ** 40), 0.5, 1e300];
const extreme = fc.constantFrom(...EXTREME);

/** Opcodes in the place of a tensor. */
const SNIPPETS = [
  'N', '(', ')', 't', 'R', 'b', '0', '1', '2', 's', 'u', 'e', 'a', '.', '}', ']', 'h\x00', 'q\x00', 'Q', '\x81', '\x94', '\xff', '\x82\x01',
  'cos\nsystem\n', 'cposix\nsystem\nX\x04\0\0\0true\x85R', 'c__builtin__\ngetattr\n', '(iposix\nsystem\n', 'ctorch.hub\nload\n', 'c__torch__\nNet\n)\x81}b',
  ']q\0h\0a', ']'.repeat(300) + 'a'.repeat(299), 'X\xff\xff\xff\x7f', '\x8d\xff\xff\xff\xff\xff\xff\xff\x7f', '\x8b\xff\xff\xff\xff', '\x8b\xff\xff\xff\x7f',
  '\x95\xff\xff\xff\xff\xff\xff\xff\x7f', 'I999999999999999999999\n', 'F1e999\n', 'Sx\n', 'ccollections\nOrderedDict\n)R', 'cargparse\nNamespace\n)\x81',
  'ctorch._utils\n_rebuild_tensor_v2\n)R', 'ctorch._utils\n_rebuild_tensor_v2\n', 'ctorch\nFloatStorage\n', 'X\x07\0\0\0storage\x85Q', '}}u', '](NNe',
]; // prettier-ignore

/** One change of the parts of a file, before it is written. */
interface Change {
  readonly target: number;
  readonly kind: 'field' | 'snippet' | 'storage' | 'entry' | 'name';
  readonly field: number;
  readonly value: number;
  readonly snippet: string;
}

const change: fc.Arbitrary<Change> = fc.record({
  target: fc.nat(),
  kind: fc.constantFrom('field', 'snippet', 'storage', 'entry', 'name'),
  field: fc.nat(),
  value: extreme,
  snippet: fc.constantFrom(...SNIPPETS),
});

/** A change of bytes of the written file. */
export interface Patch {
  readonly kind: 'flip' | 'set' | 'zeros' | 'insert' | 'delete' | 'cut' | 'append' | 'copy';
  readonly at: number;
  readonly length: number;
  readonly value: number;
}

/** A change of some bytes anywhere. */
export const patch: fc.Arbitrary<Patch> = fc.record({
  kind: fc.constantFrom('flip', 'set', 'zeros', 'insert', 'delete', 'cut', 'append', 'copy'),
  at: fc.nat(),
  length: fc.integer({ min: 1, max: 16 }),
  value: fc.integer({ min: 0, max: 255 }),
});

type Container = 'safetensors' | 'zip' | 'deflated' | 'legacy';

function fixtureTensor(
  { storages }: Content,
  { storage, offset, length, step }: Content['views'][number],
  changes: readonly Change[],
): unknown {
  const fields = { key: String(storage), shape: [length] as number[], strides: [step] as number[], offset, count: storages[storage]!.length, storage: 'FloatStorage' }; // prettier-ignore
  for (const { kind, field, value, snippet } of changes) {
    if (kind === 'snippet') return new Raw(snippet);
    const edits = [
      () => (fields.shape = [value]),
      () => (fields.shape = [length, value, value]),
      () => (fields.strides = [value]),
      () => (fields.offset = value),
      () => (fields.count = value),
      () => (fields.key = String(value)),
      () => (fields.storage = ['DoubleStorage', 'BoolStorage', 'HalfStorage', 'NoStorage'][Math.abs(Math.trunc(value)) % 4]!),
      () => ((fields.shape = [2 ** 20, 2 ** 20]), (fields.strides = [0, 0])),
    ];
    if (kind === 'field') edits[field % edits.length]!();
  }
  return new FixtureTensor(fields.key, fields.shape, fields);
}

const isFor = (index: number, count: number) => (edit: Change) =>
  edit.target % count === index && edit.kind !== 'storage' && edit.kind !== 'entry';

/** Storages of which a change cuts off or adds bytes. */
function storageBytes({ storages }: Content, changes: readonly Change[]): Record<string, Buffer> {
  return Object.fromEntries(
    storages.map((numbers, index) => {
      const whole = floats(...numbers);
      const edit = changes.find(({ kind, target }) => kind === 'storage' && target % storages.length === index);
      if (!edit) return [String(index), whole];
      return [
        String(index),
        edit.value < 0 ? Buffer.concat([whole, Buffer.alloc(5)]) : whole.subarray(0, Math.min(whole.length - 1, Math.trunc(edit.value))),
      ];
    }),
  );
}

function changedEntry(entry: ZipNumbers, storage: number, changes: readonly Change[], count: number): ZipNumbers {
  const edit = changes.find(({ kind, target }) => kind === 'entry' && target % count === storage);
  if (!edit) return entry;
  const value = Math.abs(Math.trunc(edit.value)) % 2 ** 32;
  const fields = [{ method: value % 2 ** 16 }, { checksum: value }, { packed: value }, { unpacked: value }, { packed: value, unpacked: value }, { name: `archive/data/${value}` }]; // prettier-ignore
  return { ...entry, ...fields[edit.field % fields.length] };
}

function writeTorch(whole: Content, container: Container, changes: readonly Change[]): Buffer {
  const { storages, views } = whole;
  const value = new Map(
    views.map((view, index): [unknown, unknown] => {
      const own = changes.filter(isFor(index, views.length));
      const renamed = own.find(({ kind }) => kind === 'name');
      const names = [new Raw(pickleBody(nameOf(0)).toString('latin1')), '__proto__', '', new Raw('K\x05'), new Raw('N'), new Raw(')')];
      return [renamed ? names[renamed.field % names.length] : nameOf(index), fixtureTensor(whole, view, own)];
    }),
  );
  const data = storageBytes(whole, changes);
  if (container === 'legacy') {
    return torchLegacy(
      value,
      Object.fromEntries(Object.entries(data).map(([key, bytes]) => [key, { count: storages[Number(key)]!.length, bytes }])),
    );
  }
  const storageOf = (name: string): number => Number(/data\/(\d+)$/.exec(name)?.[1] ?? -1);
  return torchZip(value, data, {
    deflate: container === 'deflated',
    change: (entry) => changedEntry(entry, storageOf(entry.name), changes, storages.length),
  });
}

function writeTensors(whole: Content, changes: readonly Change[]): Buffer {
  const values = valuesOf(whole);
  let at = 0;
  const entries = [...values].map(([name, numbers], index): [string, unknown] => {
    const entry = { dtype: 'F32', shape: [numbers.length] as unknown[], data_offsets: [at, (at += 4 * numbers.length)] as unknown[] };
    for (const { kind, field, value } of changes.filter(isFor(index, values.size))) {
      const edits = [
        () => Object.assign(entry, { dtype: ['F64', 'BF16', 'Q4', 7][field % 4] }),
        () => (entry.shape = [value]),
        () => (entry.shape = [value, value]),
        () => (entry.data_offsets = [value, entry.data_offsets[1]]),
        () => (entry.data_offsets = [entry.data_offsets[0], value]),
        () => (entry.data_offsets = [value]),
      ];
      if (kind === 'field' || kind === 'snippet') edits[field % edits.length]!();
      if (kind === 'name') return [['__metadata__', '__proto__', nameOf(0)][field % 3]!, entry];
    }
    return [name, entry];
  });
  const json = `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',')}}`;
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, Buffer.from(json), ...[...values.values()].map((numbers) => floats(...numbers))]);
}

/** Where bytes occur in a file, with what stands before them. */
function regionsAt(bytes: Buffer, part: Buffer, before: number, names: readonly string[]): Region[] {
  const found: Region[] = [];
  for (let at = bytes.indexOf(part); at >= 0; at = bytes.indexOf(part, at + 1))
    found.push({ begin: at - before, end: at + part.length, names });
  return found;
}

/** Which bytes describe or hold which tensors; everything else belongs to none. */
function regionsOf(whole: Content, container: Container, bytes: Buffer): Region[] {
  const users = (storage: number): string[] => whole.views.flatMap((view, i) => (view.storage === storage ? [nameOf(i)] : []));
  const values = [...valuesOf(whole)];
  if (container === 'safetensors') {
    return values.flatMap(([name, numbers]) => [
      ...regionsAt(bytes, floats(...numbers), 0, [name]),
      ...regionsAt(bytes, Buffer.from(JSON.stringify(name)), 0, [name]).map((region) => ({
        ...region,
        end: bytes.indexOf('}', region.end) + 1,
      })),
    ]);
  }
  const described = whole.views.flatMap((view, i) => {
    const body = Buffer.concat([pickleBody(nameOf(i)), pickleBody(fixtureTensor(whole, view, []))]);
    return regionsAt(bytes, body, 0, [nameOf(i)]);
  });
  const stored = whole.storages.flatMap((numbers, storage) => [
    ...regionsAt(bytes, floats(...numbers), 8, users(storage)),
    ...regionsAt(bytes, Buffer.from(`archive/data/${storage}`), 46, users(storage)),
  ]);
  return [...described, ...stored];
}

/** A file with some of its bytes changed, and which of its bytes these were. */
export function patched(bytes: Buffer, { kind, at, length, value }: Patch): { bytes: Buffer; begin: number; end: number } {
  const begin = bytes.length === 0 ? 0 : at % bytes.length;
  const end = Math.min(bytes.length, begin + length);
  const join = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);
  const [front, middle, back] = [bytes.subarray(0, begin), bytes.subarray(begin, end), bytes.subarray(end)];
  const edits: Record<Patch['kind'], () => Buffer> = {
    flip: () => join(front, Buffer.of((bytes[begin] ?? 0) ^ (1 << (value % 8))), bytes.subarray(begin + 1)),
    set: () => join(front, Buffer.of(value), bytes.subarray(begin + 1)),
    zeros: () => join(front, Buffer.alloc(end - begin), back),
    insert: () => join(front, Buffer.alloc(length, value), middle, back),
    delete: () => join(front, back),
    cut: () => front,
    append: () => join(bytes, Buffer.alloc(length, value)),
    copy: () => join(front, bytes.subarray(0, end - begin), back),
  };
  return { bytes: edits[kind](), begin, end: Math.max(end, begin + 1) };
}

/** Applies patches one after the other; places are those of the file before a patch of another length, near enough for what they touch. */
function patchAll(whole: Whole, patches: readonly Patch[]): { bytes: Buffer; touched: string[] } {
  let { bytes } = whole;
  const touched: string[] = [];
  let slack = 0;
  for (const one of patches) {
    const { bytes: after, begin, end } = patched(bytes, one);
    const reach = slack + Math.abs(after.length - bytes.length);
    touched.push(...whole.regions.flatMap((region) => (region.begin - reach < end && begin < region.end + reach ? region.names : [])));
    slack = reach;
    bytes = after;
  }
  return { bytes, touched };
}

function touchedBy({ storages, views }: Content, changes: readonly Change[]): string[] {
  return changes.flatMap(({ kind, target }) => {
    if (kind !== 'storage' && kind !== 'entry') return [nameOf(target % views.length)];
    return views.flatMap((view, i) => (view.storage === target % storages.length ? [nameOf(i)] : []));
  });
}

/** Checkpoints of every container with up to two changes of their parts, or up to three of their bytes. */
export const mutatedCheckpoints: fc.Arbitrary<MutatedCheckpoint> = fc
  .record({
    whole: content,
    container: fc.constantFrom<Container>('safetensors', 'zip', 'deflated', 'legacy'),
    changes: fc.array(change, { maxLength: 2 }),
    patches: fc.array(patch, { maxLength: 3 }),
  })
  .map(({ whole, container, changes, patches }) => {
    const isPatched = changes.length === 0;
    const written = container === 'safetensors' ? writeTensors(whole, changes) : writeTorch(whole, container, changes);
    const { bytes, touched } = isPatched
      ? patchAll({ bytes: written, regions: regionsOf(whole, container, written) }, patches)
      : { bytes: written, touched: [] };
    return {
      bytes,
      ending: container === 'safetensors' ? 'safetensors' : 'pth',
      tensors: valuesOf(whole),
      touched: new Set([...touched, ...touchedBy(whole, changes)]),
    };
  });

/** How a mutated checkpoint ended. */
export type Ending = 'refused' | 'read' | 'partly read';

/**
 * Reads a mutated checkpoint; throws a sentence unless it ends as it should: refused by a ReidError, or every tensor that the change does not
 * touch has its own numbers or is refused.
 */
export async function readMutated({ bytes, ending, tensors, touched }: MutatedCheckpoint, folder: string): Promise<Ending> {
  const path = join(folder, `mutated.${ending}`);
  await writeFile(path, bytes);
  const refusal = (error: unknown): undefined => {
    if (!ReidError.is(error)) throw new Error(`ended in no ReidError: ${(error as Error).stack}`);
    return undefined;
  };
  const file = await openCheckpoint(path).catch(refusal);
  if (!file) return 'refused';
  let refused = 0;
  try {
    for (const name of file.tensors.keys()) {
      const read = await file.read(name).catch(refusal);
      if (!read) refused++;
      const want = tensors.get(name);
      if (!read || !want || touched.has(name)) continue;
      const same = read.data.length === want.length && want.every((value, i) => value === read.data[i]);
      if (!same) throw new Error(`"${name}" was read as ${[...read.data].slice(0, 5)}, it holds ${want.slice(0, 5)}`);
    }
  } finally {
    await file.close();
  }
  return refused > 0 ? 'partly read' : 'read';
}
