/** Set in the environment of processes that save and leave when the one that started them ends. */
export const ENDS_WITH_PARENT = 'REIDKIT_ENDS_WITH_PARENT';

/** Calls `stop` once the process that started this one is gone, where that was asked for; gives what ends the watch. */
function watchParent(stop: () => void): () => void {
  if (!process.env[ENDS_WITH_PARENT]) return () => undefined;
  if (process.connected) process.once('disconnect', stop);
  else stop();
  return () => process.off('disconnect', stop);
}

/** Runs work that Ctrl-C asks to stop, by an abort signal; a second Ctrl-C ends the process at once. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
    process.stderr.write('\nStopping after this step; press Ctrl-C again to stop at once.\n');
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const unwatch = watchParent(stop);
  try {
    return await work(controller.signal);
  } finally {
    unwatch();
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
