import { ReidError } from '../errors.ts';
import { refuseCheckpoint } from './refuse-checkpoint.ts';

/** A file that is read piece by piece. */
export interface FileReader {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes from `begin` on, all `length` of them. Throws FILE_INVALID where the file ends before. */
  read(begin: number, length: number): Promise<Uint8Array>;
  /** The whole length of `into`, from `begin` on. Throws FILE_INVALID where the file ends before. */
  readInto(into: Uint8Array, begin: number): Promise<void>;
  close(): Promise<void>;
}

/** More at once is more than some systems read. */
const MOST_AT_ONCE = 2 ** 30;

/** Opens a file for reading piece by piece. Throws FILE_NOT_FOUND, or FILE_INVALID for a folder or a device. */
export async function openFileReader(path: string): Promise<FileReader> {
  const { open } = await import('node:fs/promises');
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw new ReidError('FILE_NOT_FOUND', `Cannot open "${path}" (${cause.code}).`, { cause, hint: 'check the path.' });
  });
  const facts = await file.stat();
  if (!facts.isFile()) {
    await file.close();
    refuseCheckpoint(path, 'not-a-checkpoint', 'it is no file but a folder or a device');
  }
  const readInto = async (into: Uint8Array, begin: number): Promise<void> => {
    for (let done = 0; done < into.byteLength;) {
      const { bytesRead } = await file.read(into, done, Math.min(into.byteLength - done, MOST_AT_ONCE), begin + done);
      if (bytesRead === 0) refuseCheckpoint(path, 'truncated', `it ends at byte ${begin + done}`);
      done += bytesRead;
    }
  };
  return {
    path,
    size: facts.size,
    readInto,
    read: async (begin, length) => {
      if (begin + length > facts.size) refuseCheckpoint(path, 'truncated', `it ends at byte ${facts.size}, before byte ${begin + length}`);
      const bytes = new Uint8Array(length);
      await readInto(bytes, begin);
      return bytes;
    },
    close: () => file.close(),
  };
}
