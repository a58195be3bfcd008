import type { Worker } from 'node:worker_threads';
import { ReidError } from '@reidkit/core-tensor/base';
import { startThread } from '../synthetic/start-thread.ts';
import type { BatchExecutor } from './batch-executor.ts';
import type { BatchSettings, BatchTask, MadeBatch } from './batch-task.ts';
import { fromPlainError, type ResultMessage, type TaskMessage } from './worker-messages.ts';
import { loaderWorkerUrl } from './worker-url.ts';

interface Waiting {
  readonly task: BatchTask;
  resolve(made: MadeBatch): void;
  reject(error: Error): void;
}

function crashError(number: number, reason: string, waiting: readonly Waiting[], cause?: unknown): ReidError {
  const batches = waiting.map(({ task }) => task.number).join(', ');
  const files = waiting[0]?.task.items.slice(0, 3).map(({ record }) => record.file) ?? [];
  const working = waiting.length > 0 ? ` while it made batch ${batches} (${files.join(', ')} …)` : '';
  return new ReidError('WORKER_FAILED', `Loader worker ${number} ended${working}: ${reason}.`, {
    hint: 'run once with workers: 0 to see where; a decoder that runs out of memory does the same, then use fewer workers.',
    cause,
  });
}

/** One thread with what it owes. */
class PoolWorker {
  readonly #waiting = new Map<number, Waiting>();
  readonly #worker: Worker;
  #failure: Error | undefined;
  #nextId = 0;
  #isClosing = false;

  constructor(url: URL, settings: BatchSettings, number: number) {
    this.#worker = startThread(url, { workerData: settings, name: `reidkit-loader-${number}` });
    this.#worker.unref(); // an idle pool must not keep the program alive
    this.#worker.on('message', (message: ResultMessage) => this.#settle(message));
    this.#worker.on('error', (error) => this.#fail(crashError(number, error.message, [...this.#waiting.values()], error)));
    this.#worker.on('exit', (code) => this.#fail(crashError(number, `exit code ${code}`, [...this.#waiting.values()])));
  }

  get load(): number {
    return this.#waiting.size;
  }

  make(task: BatchTask): Promise<MadeBatch> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { task, resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, task } satisfies TaskMessage, task.spare ? [task.spare.buffer as ArrayBuffer] : []);
    });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#worker.terminate();
  }

  #settle(message: ResultMessage): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('made' in message) waiting?.resolve(message.made);
    else waiting?.reject(fromPlainError(message.error));
  }

  #fail(error: Error): void {
    this.#failure ??= this.#isClosing ? new ReidError('INTERRUPTED', 'The loader was closed.') : error;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

/** Threads that make batches; a batch goes to the thread that owes least. Threads start with the first batch. */
export function createWorkerPool(settings: BatchSettings, count: number): BatchExecutor {
  let starting: Promise<PoolWorker[]> | undefined;
  const start = async (): Promise<PoolWorker[]> => {
    // libvips must be loaded here first: its libraries would be unloaded with the thread that loaded them.
    await import('sharp');
    const url = loaderWorkerUrl();
    return Array.from({ length: count }, (_, number) => new PoolWorker(url, settings, number));
  };
  return {
    parallel: count,
    make: async (task) => {
      starting ??= start();
      const [first, ...others] = await starting;
      const freest = others.reduce((best, worker) => (worker.load < best.load ? worker : best), first!);
      return freest.make(task);
    },
    close: async () => {
      const workers = (await starting) ?? [];
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}
