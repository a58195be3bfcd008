import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '@reidkit/core-tensor/base';
import { z } from 'zod';

/** What a model answered, as it is kept. */
export interface CachedAnswer {
  readonly answer: string;
  /** Tokens that were charged, where the server said so. */
  readonly tokens: number | null;
  readonly model: string;
  readonly prompt: string;
}

const cached = z.object({ answer: z.string(), tokens: z.number().nullable(), model: z.string(), prompt: z.string() });

/** Answers on disk, by a hash of the question: a question that was answered once is never asked again. */
export class AnswerCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The key of a question: a hash of its parts. */
  static key(parts: readonly (string | Uint8Array)[]): string {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(`${part.length}:`).update(part);
    return hash.digest('hex');
  }

  #path(key: string): string {
    return join(this.#folder, key.slice(0, 2), `${key}.json`);
  }

  /** The answer to a question; null when it was never answered or the file is damaged. */
  async get(key: string): Promise<CachedAnswer | null> {
    try {
      return cached.parse(JSON.parse(await readFile(this.#path(key), 'utf8')));
    } catch {
      return null;
    }
  }

  /** Keeps an answer; resolves when it is on disk. */
  async set(key: string, answer: CachedAnswer): Promise<void> {
    const path = this.#path(key);
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomically(path, `${JSON.stringify(answer)}\n`);
  }
}
