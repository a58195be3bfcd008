import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startThread } from './start-thread.ts';
import type { Finished, Share } from './draw-share.ts';
import type { WorkerMessage } from './draw-worker.ts';

/** Where the worker's file is: beside this one in sources; in a bundle this code may lie in the folder above. */
function workerUrl(): URL {
  const names = import.meta.url.endsWith('.ts') ? ['./draw-worker.ts'] : ['./draw-worker.js', './synthetic/draw-worker.js'];
  const urls = names.map((name) => new URL(name, import.meta.url));
  return urls.find((url) => existsSync(fileURLToPath(url))) ?? urls[0]!;
}

function runShare(share: Share, report: (finished: Finished) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = startThread(workerUrl(), { workerData: share, name: `reidkit-synthetic-${share.first}` });
    const stop = (): void => void worker.terminate();
    signal.addEventListener('abort', stop, { once: true });
    let failure: string | undefined;
    worker.on('message', (message: WorkerMessage) => {
      if ('failed' in message) failure = message.failed;
      else message.finished.forEach(report);
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      signal.removeEventListener('abort', stop);
      if (failure !== undefined) reject(new Error(failure));
      else if (code !== 0 && !signal.aborted) reject(new Error(`a drawing thread ended with code ${code}`));
      else resolve();
    });
  });
}

/**
 * Draws a data set in several threads. Each thread draws every n-th picture, and a picture is the same whoever draws it. When one thread
 * fails, the others are stopped; when the signal is aborted, all are. Comes back when all have ended. Throws what the first thread threw.
 */
export async function drawInThreads(
  share: Omit<Share, 'first' | 'of'>,
  count: number,
  how: { report: (finished: Finished) => void; signal: AbortSignal | undefined },
): Promise<void> {
  const halt = new AbortController();
  const stop = (): void => halt.abort();
  if (how.signal?.aborted) return;
  how.signal?.addEventListener('abort', stop, { once: true });
  const threads = Array.from({ length: count }, (_, first) => runShare({ ...share, first, of: count }, how.report, halt.signal));
  try {
    await Promise.all(threads);
  } catch (error) {
    halt.abort();
    await Promise.allSettled(threads);
    throw error;
  } finally {
    how.signal?.removeEventListener('abort', stop);
  }
}
