import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { readLines } from '../readers/read-lines.ts';

/** What looking into an image file gave. */
export type ContentFacts =
  { readonly hash: string; readonly size: readonly [height: number, width: number] } | { readonly hash: string; readonly reason: string };

/** By file: size and time when it was looked into, and what was found. */
type Known = ReadonlyMap<string, { readonly state: string; readonly facts: ContentFacts }>;

const lineSchema = z.object({
  file: z.string(),
  state: z.string(),
  hash: z.string(),
  size: z.tuple([z.number(), z.number()]).optional(),
  reason: z.string().optional(),
});

const LINES_AT_ONCE = 200;

function parseLine(text: string): z.output<typeof lineSchema> | null {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null; // the last line of a run that was stopped
  }
}

/**
 * What is known about image files, kept in a file of JSON lines: a check that was stopped goes on, and one that is repeated looks only into
 * files whose size or time has changed.
 */
export class ContentCache {
  readonly #path: string;
  readonly #known: Known;
  #waiting: string[] = [];

  private constructor(path: string, known: Known) {
    this.#path = path;
    this.#known = known;
  }

  /** Opens the cache at a path, or begins it. */
  static async open(path: string): Promise<ContentCache> {
    const known = new Map<string, { state: string; facts: ContentFacts }>();
    if (!existsSync(path)) mkdirSync(dirname(path), { recursive: true });
    else {
      for await (const { text } of readLines(path)) {
        const line = parseLine(text);
        if (!line) continue;
        const { file, state, hash, size, reason } = line;
        if (size) known.set(file, { state, facts: { hash, size } });
        else if (reason !== undefined) known.set(file, { state, facts: { hash, reason } });
      }
    }
    return new ContentCache(path, known);
  }

  /** What is known of a file in this state. */
  get(file: string, state: string): ContentFacts | undefined {
    const entry = this.#known.get(file);
    return entry?.state === state ? entry.facts : undefined;
  }

  /** Remembers a file; written every few hundred files. */
  add(file: string, state: string, facts: ContentFacts): void {
    this.#waiting.push(`${JSON.stringify({ file, state, ...facts })}\n`);
    if (this.#waiting.length >= LINES_AT_ONCE) this.flush();
  }

  /** Writes what is not written yet. */
  flush(): void {
    if (this.#waiting.length > 0) appendFileSync(this.#path, this.#waiting.join(''));
    this.#waiting = [];
  }
}
