import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogEvent } from '@reidkit/core-tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonLogger, readLog, rewindLog } from './json-log.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reidkit-'));
});
afterEach(() => rm(folder, { recursive: true }));

const event = (step: number): LogEvent => ({ kind: 'step', step, epoch: 0, stage: 'train', numbers: { total: 1 / step } });

describe('the JSON log', () => {
  it('gives back what was written, and goes on after a restart', async () => {
    const path = join(folder, 'log.jsonl');
    for (const steps of [[1, 2, 3], [4]]) {
      const logger = await jsonLogger(path);
      steps.forEach((step) => logger.log(event(step)));
      await logger.close();
    }
    expect((await readLog(path)).map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  });

  it('leaves out a last line that was cut off, and steps that will be done again', async () => {
    const path = join(folder, 'log.jsonl');
    const logger = await jsonLogger(path);
    [1, 2, 3].forEach((step) => logger.log(event(step)));
    await logger.close();
    await appendFile(path, '{"kind":"step","st');
    expect(await readLog(path)).toHaveLength(3);
    await rewindLog(path, 2);
    expect((await readLog(path)).map(({ step }) => step)).toEqual([1, 2]);
  });

  it('has no log to rewind in a new run', async () => {
    await rewindLog(join(folder, 'new.jsonl'), 0);
    expect(await readLog(join(folder, 'new.jsonl'))).toEqual([]);
  });

  it('says that a folder cannot be written to', async () => {
    await expect(jsonLogger(join(folder, 'missing', 'log.jsonl'))).rejects.toMatchObject({ code: 'SAVE_FAILED' });
  });
});
