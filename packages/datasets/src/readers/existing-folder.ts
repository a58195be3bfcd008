import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ReidError } from '@reidkit/core-tensor/base';
import { listFolders } from './list-images.ts';

/** Whether there is a folder at a path. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}

/** The absolute path of a folder. Rejects with FILE_NOT_FOUND, naming what is there instead. */
export async function existingFolder(path: string, what: string): Promise<string> {
  const absolute = resolve(path);
  if (await isFolder(absolute)) return absolute;
  const parent = resolve(absolute, '..');
  const beside = (await isFolder(parent)) ? (await listFolders(parent)).slice(0, 8) : [];
  const there = beside.length > 0 ? `${parent} has the folders ${beside.join(', ')}` : `${parent} has no folders`;
  throw new ReidError('FILE_NOT_FOUND', `${what}: there is no folder ${absolute}.`, { hint: `${there}.` });
}
