import type { BatchSettings, BatchTask, MadeBatch } from './batch-task.ts';
import { createBatchMaker, type BatchMaker } from './batch-maker.ts';

/** Where batches are made: in worker threads, or here. */
export interface BatchExecutor {
  /** How many batches can be made at the same time. */
  readonly parallel: number;
  make(task: BatchTask): Promise<MadeBatch>;
  close(): Promise<void>;
}

/** Makes batches in the thread that asks, one after another, when they are asked for. */
export function createInlineExecutor(settings: BatchSettings): BatchExecutor {
  let maker: Promise<BatchMaker> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return {
    parallel: 0,
    make: (task) => {
      maker ??= createBatchMaker(settings);
      const made = last.then(async () => (await maker!).make(task));
      last = made.catch(() => undefined);
      return made;
    },
    close: () => Promise.resolve(),
  };
}
