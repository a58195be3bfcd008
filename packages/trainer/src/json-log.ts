import { type FileHandle, open, readFile } from 'node:fs/promises';
import { type LogEvent, type Logger, ReidError, writeFileAtomically } from '@reidkit/core-tensor';

/** Reads a log of JSON lines; a last line that was cut off by an interruption is left out. */
export async function readLog(path: string): Promise<LogEvent[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ReidError('FILE_NOT_FOUND', `There is no log at "${path}".`, { cause });
  });
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as LogEvent];
    } catch {
      return [];
    }
  });
}

/** Drops what a log says about steps after `step`: they will be done again. */
export async function rewindLog(path: string, step: number): Promise<void> {
  const kept = (await readLog(path).catch(() => [])).filter((event) => event.step <= step);
  await writeFileAtomically(path, kept.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

/** A logger that appends a JSON line for each event, in batches of a second. Throws SAVE_FAILED when the file cannot be opened. */
export async function jsonLogger(path: string): Promise<Logger> {
  const file: FileHandle = await open(path, 'a').catch((cause: unknown) => {
    throw new ReidError('SAVE_FAILED', `Cannot write the log "${path}".`, { cause, hint: 'check the folder and the disk.' });
  });
  let held = '';
  let writing = Promise.resolve();
  const flush = (): void => {
    const text = held;
    held = '';
    if (text !== '') writing = writing.then(() => file.appendFile(text));
  };
  const timer = setInterval(flush, 1000);
  timer.unref();
  return {
    log(event) {
      held += `${JSON.stringify(event)}\n`;
    },
    async close() {
      clearInterval(timer);
      flush();
      await writing;
      await file.close();
    },
  };
}
