import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tellListed } from './files-listed.ts';

/** Which of some files below a root are not there; each folder is listed once, which is much quicker than asking for each file. */
export async function missingOf(root: string, files: Iterable<string>): Promise<string[]> {
  const folders = new Map<string, Set<string>>();
  const missing: string[] = [];
  for (const file of new Set(files)) {
    const slash = file.lastIndexOf('/');
    const folder = file.slice(0, Math.max(0, slash));
    let names = folders.get(folder);
    if (!names) {
      names = new Set(await readdir(join(root, folder)).catch(() => []));
      folders.set(folder, names);
      tellListed(folder, names.size);
    }
    if (!names.has(file.slice(slash + 1))) missing.push(file);
  }
  return missing;
}
