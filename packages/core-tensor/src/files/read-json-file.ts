import type { FileReader } from './file-reader.ts';
import { refuseCheckpoint } from './refuse-checkpoint.ts';

/** Largest index or configuration that is read. */
const MAX_JSON_BYTES = 16 * 2 ** 20;

/** The JSON object that a file holds. Throws FILE_INVALID. */
export async function readJsonFile(file: FileReader): Promise<Readonly<Record<string, unknown>>> {
  const { path, size } = file;
  if (size > MAX_JSON_BYTES) refuseCheckpoint(path, 'limit', `it is JSON of ${size} bytes, the limit is ${MAX_JSON_BYTES}`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await file.read(0, size)));
  } catch (cause) {
    refuseCheckpoint(path, 'bad-index', `it is no JSON (${(cause as Error).message})`, cause);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) refuseCheckpoint(path, 'bad-index', 'it is no JSON object');
  return json as Record<string, unknown>;
}
