import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint, readElement, ReidError, type CheckpointFile, type CheckpointValue, type ElementType } from '@reidkit/core-tensor';
import { findWeights } from '@reidkit/encoders';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';

const TYPES: Readonly<Record<string, ElementType>> = {
  float64: 'F64', float32: 'F32', float16: 'F16', bfloat16: 'BF16', bool: 'BOOL',
  int64: 'I64', int32: 'I32', int16: 'I16', int8: 'I8', uint64: 'U64', uint32: 'U32', uint16: 'U16', uint8: 'U8',
}; // prettier-ignore

/** Nobody can tell a file that was cut from one whose offsets reach behind its end. */
const ALIKE: Readonly<Record<string, string>> = { 'out-of-range': 'truncated' };

const MOST_SECONDS = 2;
const MOST_BYTES = 64 * 2 ** 20;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const bytesOf = ({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array | Int32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Numbers as they are in memory agree with the file's own, or are refused where int32 cannot hold them. */
async function checkNumbers({ report, json }: GoldenCase, file: CheckpointFile, name: string, bytes: Uint8Array): Promise<void> {
  const want = json.tensors[name];
  const type = TYPES[want.dtype]!;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = (want.first as number[]).map((_, i) => readElement(type, view, i));
  report.check(`${name}: first values`, first.every((value, i) => Object.is(value, want.first[i])), `got ${first}, want ${want.first}`); // prettier-ignore
  let data: Float32Array | Int32Array | Uint8Array;
  try {
    ({ data } = await file.read(name));
  } catch (error) {
    report.check(`${name}: refused`, /64|U32/.test(type) && ReidError.is(error) && error.reason === 'out-of-range', String(error));
    return;
  }
  if (want.sha256_float32) report.check(`${name}: as float32`, sha256(bytesOf(data)) === want.sha256_float32);
  else if (/^(F32|I32|BOOL)$/.test(type)) report.check(`${name}: in memory`, sha256(bytesOf(data)) === want.sha256);
}

async function checkTensors(golden: GoldenCase, file: CheckpointFile): Promise<void> {
  const { report, json } = golden;
  const names = Object.keys(json.tensors);
  report.check('names', [...file.tensors.keys()].sort().join() === names.sort().join(), `got ${[...file.tensors.keys()].join()}`);
  for (const name of names) {
    const want = json.tensors[name];
    const got = file.tensors.get(name);
    if (!got) continue;
    report.check(`${name}: type`, got.type === TYPES[want.dtype], got.type);
    report.check(`${name}: shape`, got.shape.join() === want.shape.join(), `[${got.shape}]`);
    const bytes = await file.readBytes(name);
    report.check(`${name}: bytes`, sha256(bytes) === want.sha256);
    await checkNumbers(golden, file, name, bytes);
  }
}

const sorted = (notes: Readonly<Record<string, string>>): string => JSON.stringify(Object.entries(notes).sort());

/** A tree as the cases write it; what nobody looks into carries no class. */
function plain(value: CheckpointValue): unknown {
  if ('dict' in value) return { dict: Object.fromEntries([...value.dict].map(([key, item]) => [key, plain(item)])) };
  if ('list' in value) return { list: value.list.map(plain) };
  if ('tuple' in value) return { tuple: value.tuple.map(plain) };
  return value;
}

function checkTree({ report, json }: GoldenCase, { values }: CheckpointFile): void {
  const opaque: readonly string[] = json.opaque ?? [];
  const got = plain(values) as { dict: Record<string, object> };
  for (const key of opaque) {
    report.check(`${key} stays closed`, key in got.dict && 'opaque' in got.dict[key]!);
    delete got.dict[key];
  }
  report.check('tree', JSON.stringify(got) === JSON.stringify(json.tree), JSON.stringify(got).slice(0, 200));
}

function checkWeights({ report, json }: GoldenCase, file: CheckpointFile): void {
  const { at, stripped } = findWeights(file);
  report.check('place of the weights', at === json.weights_at, at);
  if (json.strip_prefix) report.check('prefix of the weights', stripped === json.strip_prefix, stripped);
}

function checkError({ report, json }: GoldenCase, error: unknown): void {
  if (!ReidError.is(error)) throw error;
  const { reason } = error;
  report.check('kind of error', json.kind === 'tensors' || reason === json.error || ALIKE[json.error] === reason, `${reason}: ${error.message}`);
  for (const word of (json.mention ?? []) as string[]) report.check(`mentions ${word}`, error.message.includes(word), error.message);
  report.check('says what to do', (error.hint ?? '').length > 0);
}

async function read(golden: GoldenCase): Promise<void> {
  const { json, folder } = golden;
  const file = await openCheckpoint(join(folder, json.file));
  try {
    if (json.kind === 'error') {
      for (const name of file.tensors.keys()) await file.readBytes(name);
      golden.report.check('is refused', json.may_read === true, 'it was read');
      return;
    }
    await checkTensors(golden, file);
    if (json.metadata) golden.report.check('metadata', sorted(file.metadata) === sorted(json.metadata));
    if (json.tree) checkTree(golden, file);
    if (json.weights_at) checkWeights(golden, file);
  } finally {
    await file.close();
  }
}

/** Bytes that this process holds now. */
const held = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;

export const adapter: GoldenAdapter = {
  family: 'checkpoint',
  async run(golden) {
    const { report, json } = golden;
    const start = performance.now();
    const before = held();
    try {
      await read(golden);
    } catch (error) {
      if (json.kind === 'tensors' && !json.may_refuse) throw error;
      checkError(golden, error);
    }
    const seconds = (performance.now() - start) / 1000;
    report.check(`within ${MOST_SECONDS} s`, seconds < MOST_SECONDS, `${seconds.toFixed(1)} s`);
    report.check('within 64 MB', held() - before < MOST_BYTES, `${Math.round((held() - before) / 2 ** 20)} MB`);
    report.check('runs nothing', !existsSync('reidkit-hostile-marker') && !existsSync(join(golden.folder, 'reidkit-hostile-marker')));
    report.check('changes no prototype', !('polluted' in {}) && !('dtype' in {}));
  },
};
