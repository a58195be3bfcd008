import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** SHA-256 of a file of any size, in hexadecimal digits. */
export async function hashStream(path: string, onBytes?: (count: number) => void): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    hash.update(chunk as Uint8Array);
    onBytes?.((chunk as Uint8Array).byteLength);
  }
  return hash.digest('hex');
}
