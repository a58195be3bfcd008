import { MessageChannel, type MessagePort } from 'node:worker_threads';

let nowhere: MessagePort | undefined;

/** Gets ready to free arrays; before that {@link freeArrays} leaves them to the collection of garbage. */
export async function prepareFreeing(): Promise<void> {
  if (nowhere) return;
  const { port1, port2 } = new MessageChannel();
  await new Promise<void>((resolve) => {
    port1.once('close', resolve);
    port1.ref(); // or the process could end before
    port2.close();
  });
  nowhere = port1;
}

/**
 * Frees arrays at once, not when garbage is collected: their memory goes with a message to a port that is closed, which drops it. They have no
 * elements afterwards, and neither have other views of the same memory.
 */
export function freeArrays(arrays: readonly ArrayBufferView[]): void {
  const buffers = new Set(arrays.map(({ buffer }) => buffer as ArrayBuffer));
  nowhere?.postMessage(null, [...buffers]);
}
