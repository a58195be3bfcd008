import { createReadStream } from 'node:fs';
import { ReidError } from '@reidkit/core-tensor/base';

/** One line of a text file. */
export interface TextLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** Longest line that is read: a record with thousands of boxes fits. */
const MAX_LINE = 2 ** 22;

/** Lines of a UTF-8 file, one at a time; empty ones are passed over. Rejects with FILE_NOT_FOUND, or FILE_INVALID for endless lines. */
export async function* readLines(path: string): AsyncGenerator<TextLine, void, void> {
  let rest = '';
  let number = 0;
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8' })) {
      const lines = (rest + (chunk as string)).split('\n');
      rest = lines.pop()!;
      if (rest.length > MAX_LINE)
        throw new ReidError('FILE_INVALID', `${path}: line ${number + lines.length + 1} is longer than ${MAX_LINE} characters.`);
      for (const line of lines) {
        number++;
        const text = number === 1 ? line.replace(/^\ufeff/, '') : line;
        if (text.trim() !== '') yield { number, text };
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new ReidError('FILE_NOT_FOUND', `There is no file ${path}.`, { cause: error });
    throw error;
  }
  if (rest.trim() !== '') yield { number: number + 1, text: rest };
}
