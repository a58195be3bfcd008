import type { BatchExecutor } from './batch-executor.ts';
import type { BatchTask, MadeBatch } from './batch-task.ts';

/** Keeps a bounded number of batches under way and gives them back in order. */
export class BatchWindow {
  mostHeld = 0;
  readonly #executor: BatchExecutor;
  readonly #length: number;
  readonly #spares: Float32Array[] = [];

  constructor(executor: BatchExecutor, prefetch: number) {
    this.#executor = executor;
    // Nothing is made ahead in the calling thread: it would only stand in its way.
    this.#length = Math.max(1, executor.parallel * prefetch);
  }

  /** Keeps the memory for a later batch. */
  recycle(images: Float32Array): void {
    if (images.byteLength > 0 && this.#spares.length <= this.#length) this.#spares.push(images);
  }

  async *run(tasks: readonly BatchTask[]): AsyncGenerator<{ task: BatchTask; made: MadeBatch }, void, void> {
    const held: Promise<MadeBatch>[] = [];
    let next = 0;
    const fill = (length: number): void => {
      while (next < tasks.length && held.length < length) {
        const spare = this.#spares.pop();
        const made = this.#executor.make({ ...tasks[next++]!, ...(spare ? { spare } : {}) });
        // An error is reported when its turn comes; never, when the reader stops before.
        void made.catch(() => undefined);
        held.push(made);
      }
      this.mostHeld = Math.max(this.mostHeld, held.length);
    };
    for (const task of tasks) {
      fill(this.#length);
      const made = await held[0]!;
      void held.shift();
      if (this.#executor.parallel > 0) fill(this.#length);
      yield { task, made };
    }
  }
}
