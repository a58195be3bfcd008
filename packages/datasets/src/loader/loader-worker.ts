import { parentPort, workerData } from 'node:worker_threads';
import { createBatchMaker } from './batch-maker.ts';
import { buffersOf, type BatchSettings } from './batch-task.ts';
import { toPlainError, type ResultMessage, type TaskMessage } from './worker-messages.ts';

// A thread of the loader: makes batches one after another and hands their buffers over.
const port = parentPort!;
const maker = createBatchMaker(workerData as BatchSettings);
// A maker that cannot be made is reported with the first batch.
void maker.catch(() => undefined);
let last: Promise<void> = Promise.resolve();

async function answer({ id, task }: TaskMessage): Promise<void> {
  try {
    const made = await (await maker).make(task);
    port.postMessage({ id, made } satisfies ResultMessage, buffersOf(made));
  } catch (error) {
    port.postMessage({ id, error: toPlainError(error) } satisfies ResultMessage);
  }
}

port.on('message', (message: TaskMessage) => {
  last = last.then(() => answer(message));
});
