import type { FileHandle } from 'node:fs/promises';
import { ReidError } from '../errors.ts';

const CAUSES: Readonly<Record<string, string>> = {
  ENOSPC: 'free space on that disk, then run the command again: what was saved before is untouched.',
  EACCES: 'choose a folder that you may write to.',
  EROFS: 'the file system is read-only: choose another folder.',
  ENOENT: 'the folder does not exist.',
};

let written = 0;

/**
 * Writes a file whole or not at all: into a file beside it, flushed to the disk, then renamed over. Throws SAVE_FAILED, leaving what stood
 * there before and no half-written file.
 */
export async function writeAtomically(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const { open, rename, rm } = await import('node:fs/promises');
  const partial = `${path}.partial-${process.pid}-${written++}`;
  try {
    const file = await open(partial, 'w');
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    const code = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new ReidError('SAVE_FAILED', `Cannot write "${path}" (${code}).`, {
      cause,
      hint: CAUSES[code] ?? 'check the folder and the disk.',
    });
  }
}

/** Whether a process with that number runs; one of another user does, too. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes what processes that were killed while they wrote atomically left in a folder. */
export async function removePartials(folder: string): Promise<void> {
  const [{ readdir, rm }, { join }] = await Promise.all([import('node:fs/promises'), import('node:path')]);
  for (const name of await readdir(folder)) {
    const pid = Number(/\.partial-(\d+)-\d+$/.exec(name)?.[1]);
    if (pid > 0 && !isRunning(pid)) await rm(join(folder, name), { force: true });
  }
}

/** Writes text or bytes whole or not at all. Throws SAVE_FAILED. */
export function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  return writeAtomically(path, (file) => file.writeFile(content));
}
