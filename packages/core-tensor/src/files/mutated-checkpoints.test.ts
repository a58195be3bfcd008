import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutatedCheckpoints, readMutated } from './mutated-checkpoints.fixture.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reidkit-mutated-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a checkpoint that was changed anywhere', () => {
  it('is refused, or what the change does not touch is read as it was (`npm run prove -- checkpoints` takes 10,000)', async () => {
    const endings: Record<string, number> = {};
    const one = fc.asyncProperty(mutatedCheckpoints, async (mutated) => {
      const start = performance.now();
      const ending = await readMutated(mutated, folder);
      endings[ending] = (endings[ending] ?? 0) + 1;
      expect(performance.now() - start).toBeLessThan(2000);
    });
    await fc.assert(one, { numRuns: 400, seed: 1 });
    // The property would hold of a reader that refuses all, too.
    expect(endings.read).toBeGreaterThan(40);
    expect(endings.refused).toBeGreaterThan(100);
  });
});
