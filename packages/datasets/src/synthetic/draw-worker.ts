import { parentPort, workerData } from 'node:worker_threads';
import { drawShare, type Finished, type Share } from './draw-share.ts';

/** What a worker says: pictures that are done, or why it stopped. */
export type WorkerMessage = { readonly finished: readonly Finished[] } | { readonly failed: string };

/** Pictures between two messages. */
const BATCH = 16;

/** Draws the share that this thread was started with and reports in batches. */
async function run(): Promise<void> {
  let batch: Finished[] = [];
  const send = (): void => {
    parentPort?.postMessage({ finished: batch } satisfies WorkerMessage);
    batch = [];
  };
  try {
    await drawShare(workerData as Share, (finished) => {
      batch.push(finished);
      if (batch.length >= BATCH) send();
    });
    send();
  } catch (error) {
    parentPort?.postMessage({ failed: error instanceof Error ? error.message : String(error) } satisfies WorkerMessage);
  }
}

if (parentPort) await run();
