import { ReidError } from '../errors.ts';
import { sizeOf } from '../host-tensor.ts';
import { ELEMENT_BYTES, type ElementType } from './element-type.ts';

/** Where a tensor lies in a safetensors file. */
export interface SafetensorsEntry {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** Bytes from the start of the file. */
  readonly begin: number;
  readonly end: number;
}

/** What the head of a safetensors file says. */
export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Largest header that is read: a model of 100,000 tensors needs about 10 MB. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;
const MAX_TENSORS = 200_000;
const MAX_RANK = 16;

/** Throws FILE_INVALID for a safetensors file, saying which rule is broken. */
export function refuseSafetensors(source: string, reason: string, detail: string): never {
  const hint =
    reason === 'truncated' ? 'the file was not copied or downloaded whole.' : 'the file is damaged or was not written as safetensors.';
  throw new ReidError('FILE_INVALID', `${source} is not a readable safetensors file: ${detail}.`, { reason, hint });
}

/** Length of the header in bytes from the first 8 bytes of a file. Throws FILE_INVALID when it cannot be. */
export function headerLength(first: Uint8Array, fileSize: number, source: string): number {
  if (new TextDecoder('latin1').decode(first).startsWith('version ')) {
    refuseSafetensors(
      source,
      'not-a-checkpoint',
      'it is a Git LFS pointer, the text that stands for the file until `git lfs pull` fetches it',
    );
  }
  if (first.byteLength < 8 || fileSize < 8)
    refuseSafetensors(source, 'truncated', `it has ${fileSize} bytes, fewer than the 8 of its header's length`);
  const length = Number(new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES)
    refuseSafetensors(source, 'bad-header', `its header claims ${length} bytes, the limit is ${MAX_HEADER_BYTES}`);
  if (length < 2) refuseSafetensors(source, 'bad-header', `its header claims ${length} bytes`);
  if (8 + length > fileSize) refuseSafetensors(source, 'truncated', `its header claims ${length} bytes, the file has ${fileSize}`);
  return length;
}

/** Number of keys in the JSON text at nesting 1 and 2; `JSON.parse` silently keeps the last of equal keys. */
function countKeys(text: string): number {
  let depth = 0;
  let keys = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{') depth++;
    else if (token === '}') depth--;
    else if (token.endsWith(':') && depth <= 2) keys++;
  }
  return keys;
}

function parseJson(bytes: Uint8Array, source: string): Record<string, unknown> {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    json = JSON.parse(text);
  } catch (cause) {
    refuseSafetensors(source, 'bad-header', `its header is no JSON (${(cause as Error).message})`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    refuseSafetensors(source, 'bad-header', 'its header is no JSON object');
  const entries = Object.values(json as object);
  const nested = entries.reduce(
    (sum, value) => sum + (typeof value === 'object' && value !== null ? Object.keys(value).length : 0),
    entries.length,
  );
  if (countKeys(text) !== nested) refuseSafetensors(source, 'bad-header', 'its header names something twice');
  return json as Record<string, unknown>;
}

const isIndex = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parseOffsets(where: string, offsets: unknown, source: string): readonly [number, number] {
  if (
    !Array.isArray(offsets) ||
    offsets.length !== 2 ||
    !offsets.every((offset) => typeof offset === 'number' && Number.isInteger(offset))
  ) {
    refuseSafetensors(source, 'bad-header', `${where} has the offsets ${JSON.stringify(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  if (!isIndex(begin) || !isIndex(end) || begin > end)
    refuseSafetensors(source, 'out-of-range', `${where} lies from byte ${begin} to ${end}`);
  return [begin, end];
}

function parseEntry(name: string, value: unknown, dataStart: number, fileSize: number, source: string): SafetensorsEntry {
  const where = `tensor "${name}"`;
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string') refuseSafetensors(source, 'bad-header', `${where} has no dtype`);
  if (!Object.hasOwn(ELEMENT_BYTES, dtype)) refuseSafetensors(source, 'unknown-dtype', `${where} has the unknown dtype "${dtype}"`);
  if (!Array.isArray(shape) || shape.length > MAX_RANK || !shape.every(isIndex)) {
    refuseSafetensors(source, 'bad-header', `${where} has the shape ${JSON.stringify(shape)}`);
  }
  const [begin, end] = parseOffsets(where, offsets, source);
  const bytes = sizeOf(shape as number[]) * ELEMENT_BYTES[dtype as ElementType];
  if (bytes !== end - begin)
    refuseSafetensors(source, 'size-mismatch', `${where} of shape [${shape}] needs ${bytes} bytes, it has ${end - begin}`);
  if (end > Number.MAX_SAFE_INTEGER - dataStart) refuseSafetensors(source, 'out-of-range', `${where} ends at byte ${end}`);
  return { type: dtype as ElementType, shape: shape as number[], begin: dataStart + begin, end: dataStart + end };
}

function checkCover(entries: ReadonlyMap<string, SafetensorsEntry>, dataStart: number, fileSize: number, source: string): void {
  const sorted = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let at = dataStart;
  for (const [name, { begin, end }] of sorted) {
    if (begin < at) refuseSafetensors(source, 'overlap', `tensor "${name}" overlaps the one before it`);
    if (begin > at)
      refuseSafetensors(
        source,
        begin > fileSize ? 'out-of-range' : 'hole',
        `${begin - at} bytes before tensor "${name}" belong to nothing`,
      );
    at = end;
  }
  const last = sorted.at(-1)?.[0];
  if (at > fileSize) {
    refuseSafetensors(source, 'truncated', `tensor "${last}" ends at byte ${at}, the file has ${fileSize}`);
  }
  if (at < fileSize) refuseSafetensors(source, 'hole', `${fileSize - at} bytes at its end belong to nothing`);
}

/** Reads the JSON header; every rule of the format is checked before a byte of data is touched. Throws FILE_INVALID. */
export function parseSafetensorsHeader(json: Uint8Array, fileSize: number, source: string): SafetensorsHeader {
  const parsed = parseJson(json, source);
  const { __metadata__: metadata = {}, ...rest } = parsed;
  const isText = typeof metadata === 'object' && metadata !== null && Object.values(metadata).every((value) => typeof value === 'string');
  if (!isText) refuseSafetensors(source, 'bad-header', 'its metadata is no map of texts');
  const names = Object.keys(rest);
  if (names.length > MAX_TENSORS) refuseSafetensors(source, 'limit', `it has ${names.length} tensors, the limit is ${MAX_TENSORS}`);
  const dataStart = 8 + json.byteLength;
  const entries = new Map(names.map((name) => [name, parseEntry(name, rest[name], dataStart, fileSize, source)]));
  checkCover(entries, dataStart, fileSize, source);
  return { entries, metadata: metadata as Record<string, string> };
}
