import { readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSidecar, type Sidecar } from './read-sidecar.ts';

/** Name of the file beside a data set that adds to its records. */
export const SIDECAR_NAME = 'records.jsonl';

/** Folder beside a data set whose files add to its records, each in its turn. */
export const SIDECAR_FOLDER = 'sidecars';

/** Which sidecars are meant. */
export interface SidecarChoice {
  /** Whether `records.jsonl` is one of them; it is the list itself where the data set is a list. */
  readonly withOwn?: boolean;
}

/** The sidecars below a data set's root, in the order in which they are joined: `records.jsonl`, then those of the folder by name. */
export async function findSidecars(root: string, { withOwn = true }: SidecarChoice = {}): Promise<string[]> {
  const own = join(root, SIDECAR_NAME);
  const names = await readdir(join(root, SIDECAR_FOLDER)).catch(() => []);
  const inside = names.filter((name) => name.endsWith('.jsonl')).sort();
  return [...(withOwn && existsSync(own) ? [own] : []), ...inside.map((name) => join(root, SIDECAR_FOLDER, name))];
}

/** Reads the sidecars below a data set's root. Rejects with DATASET_INVALID. */
export async function readSidecars(root: string, choice: SidecarChoice = {}): Promise<Sidecar[]> {
  const sidecars: Sidecar[] = [];
  for (const path of await findSidecars(root, choice))
    sidecars.push(await readSidecar(path, { needsHeader: !path.endsWith(`/${SIDECAR_NAME}`) }));
  return sidecars;
}
