import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Exclusion } from '@reidkit/core-tensor/base';
import { counted, someOf, type FindingList } from './finding-list.ts';
import { tellListed } from './files-listed.ts';
import { naturalOrder } from './natural-order.ts';

const IMAGE_NAME = /\.(jpe?g|png|webp|gif|tiff?|bmp)$/i;

/** What a folder holds, sorted; paths are relative to the data set's root. */
export interface FolderListing {
  readonly images: readonly string[];
  readonly excluded: readonly Exclusion[];
}

type EntryKind = 'file' | 'folder' | 'loop' | 'broken' | 'other';

const BAD_LINKS: Partial<Record<EntryKind, { readonly finding: string; readonly rule: string }>> = {
  loop: { finding: 'symlink-loop', rule: 'a link in a circle' },
  broken: { finding: 'broken-link', rule: 'a link to nothing' },
};

/** What a name stands for; links are followed once. */
async function kindOf(entry: Dirent, path: string): Promise<EntryKind> {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) return 'folder';
    return facts.isFile() ? 'file' : 'other';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ELOOP' ? 'loop' : 'broken';
  }
}

/** Files of operating systems that lie about in archives: resource forks, thumbnails. */
const isLitter = (name: string): boolean => name.startsWith('.') || name === 'Thumbs.db' || name === 'desktop.ini';

/**
 * Image files directly in a folder, by name. Links that lead nowhere or in circles go to the findings. Rejects as the file system does when
 * the folder is not there.
 */
export async function listImages(root: string, folder: string, findings: FindingList): Promise<FolderListing> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  tellListed(folder, entries.length);
  const images: string[] = [];
  const excluded: Exclusion[] = [];
  for (const entry of entries) {
    const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
    const kind = await kindOf(entry, join(root, file));
    const link = BAD_LINKS[kind];
    if (link) {
      findings.addFile(link.finding, file);
      excluded.push({ file, rule: link.rule });
    } else if (kind === 'file' && IMAGE_NAME.test(entry.name) && !isLitter(entry.name)) images.push(file);
    else if (kind !== 'folder') excluded.push({ file, rule: 'not an image' });
  }
  return {
    images: images.sort(naturalOrder),
    excluded: excluded.sort((a, b) => naturalOrder(a.file, b.file)),
  };
}

/** Names of the folders directly in a folder, sorted; hidden ones and those of archive programs are left out. */
export async function listFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const kinds = await Promise.all(entries.map((entry) => kindOf(entry, join(folder, entry.name))));
  const names = entries.filter((_, i) => kinds[i] === 'folder').map(({ name }) => name);
  return names.filter((name) => !name.startsWith('.') && name !== '__MACOSX').sort(naturalOrder);
}

/** Says what links in circles and links to nothing mean. */
export function explainLinks(findings: FindingList): void {
  findings.explain('symlink-loop', 'warning', (files) => `Left out: ${counted(files.length, 'link')} in a circle (${someOf(files)}).`);
  findings.explain('broken-link', 'warning', (files) => `Left out: ${counted(files.length, 'link')} to nothing (${someOf(files)}).`);
}
