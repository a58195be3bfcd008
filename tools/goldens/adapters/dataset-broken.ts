import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRegistry } from '@reidkit/core-tensor';
import { datasetsPlugin } from '@reidkit/datasets';
import type { GoldenAdapter } from '../adapter.ts';
import { compareBroken, type BrokenCase } from '../broken-case.ts';
import { untar } from '../untar.ts';

const registry = createRegistry(datasetsPlugin);

export const adapter: GoldenAdapter = {
  family: 'dataset-broken',
  async run({ json, folder, report }) {
    const archive = mkdtempSync(join(tmpdir(), 'reidkit-broken-'));
    try {
      untar(join(folder, json.archive.file), archive);
      for (const broken of json.cases as BrokenCase[]) await compareBroken(broken, archive, registry, report);
    } finally {
      rmSync(archive, { recursive: true });
    }
  },
};
