import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FILES_LISTED } from './files-listed.ts';
import { FindingList } from './finding-list.ts';
import { listImages } from './list-images.ts';
import { missingOf } from './present-files.ts';

it('readers tell how many names they have listed', async () => {
  const root = mkdtempSync(join(tmpdir(), 'reidkit-listed-'));
  for (const name of ['a.jpg', 'b.jpg', 'notes.txt']) writeFileSync(join(root, name), '');
  const told: unknown[] = [];
  const listen = (message: unknown): void => void told.push(message);
  subscribe(FILES_LISTED, listen);
  await listImages(root, '', new FindingList());
  await missingOf(root, ['a.jpg', 'c.jpg']);
  unsubscribe(FILES_LISTED, listen);
  await listImages(root, '', new FindingList());
  expect(told).toEqual([
    { folder: '', files: 3 },
    { folder: '', files: 3 },
  ]);
  rmSync(root, { recursive: true });
});
