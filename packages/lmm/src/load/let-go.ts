import { MessageChannel } from 'node:worker_threads';

/**
 * Makes what lets go of arrays at once, not when garbage is collected: their memory goes with a message to a port that is closed, which drops
 * it. They have no elements afterwards, and neither have other views of the same memory.
 */
export async function makeLetGo(): Promise<(array: ArrayBufferView) => void> {
  const { port1, port2 } = new MessageChannel();
  await new Promise<void>((resolve) => {
    port1.once('close', resolve);
    port1.ref(); // or the process could end before
    port2.close();
  });
  return ({ buffer }) => port1.postMessage(null, [buffer as ArrayBuffer]);
}
