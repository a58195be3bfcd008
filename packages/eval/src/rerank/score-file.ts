import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ReidError, type Descriptors } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import type { KeptScores } from './rescored.ts';

const headerLine = z.strictObject({ scores: z.literal(1), scorer: z.string(), content: z.string() });

const scoreLine = z.strictObject({
  query: z.int().min(0),
  candidates: z.array(z.int().min(0)).max(1_000_000),
  scores: z.array(z.number()).max(1_000_000),
});

/** What scores in a file belong to. */
export interface ScoreFileOptions {
  /** Name of the pair scorer. */
  readonly scorer: string;
  readonly query: Descriptors;
  readonly gallery: Descriptors;
  /** Names of the descriptors that the scorer reads. */
  readonly reads: readonly string[];
}

/** Hash of what the scorer sees: other descriptors have other scores. */
function contentOf({ query, gallery, reads }: ScoreFileOptions): string {
  const hash = createHash('sha256').update(`${query.count} ${gallery.count}`);
  for (const { tensors } of [query, gallery]) {
    for (const name of reads) {
      const { data, shape } = tensors[name] ?? { data: new Float32Array(0), shape: [] };
      hash.update(`${name}[${shape.join()}]`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  }
  return hash.digest('hex');
}

const parse = (line: string): unknown => {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
};

function refuse(path: string, what: string): never {
  throw new ReidError('FILE_INVALID', `"${path}" ${what}`, { hint: 'give another file, or remove this one; it is a list of scores that were computed before.' }); // prettier-ignore
}

type Known = Map<string, Float32Array>;

const keyOf = (query: number, candidates: readonly number[]): string => `${query}:${candidates.join()}`;

/** Reads what is there. A last line that was cut off by the end of a process is taken away. */
async function readScores(path: string, header: z.output<typeof headerLine>): Promise<Known> {
  const known: Known = new Map();
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) await truncate(path, Buffer.byteLength(whole));
  const [first, ...lines] = whole.split('\n').filter((line) => line !== '');
  if (first === undefined) {
    await mkdir(dirname(path), { recursive: true });
    await appendFile(path, `${JSON.stringify(header)}\n`);
    return known;
  }
  const found = headerLine.safeParse(parse(first));
  if (!found.success) refuse(path, 'is no file of scores.');
  if (found.data.scorer !== header.scorer) refuse(path, `holds scores of "${found.data.scorer}", not of "${header.scorer}".`);
  if (found.data.content !== header.content) refuse(path, 'holds scores of other queries or another gallery.');
  lines.forEach((line, at) => {
    const entry = scoreLine.safeParse(parse(line));
    if (!entry.success || entry.data.scores.length !== entry.data.candidates.length) refuse(path, `has no scores in line ${at + 2}.`);
    known.set(keyOf(entry.data.query, entry.data.candidates), Float32Array.from(entry.data.scores));
  });
  return known;
}

/**
 * Scores of pairs in a file, a line as soon as a query is scored, so that a long re-scoring goes on after any end of the process. Throws
 * FILE_INVALID for a file of another scorer, of other descriptors, or of something else.
 */
export async function openScoreFile(path: string, options: ScoreFileOptions): Promise<KeptScores> {
  const known = await readScores(path, { scores: 1, scorer: options.scorer, content: contentOf(options) });
  return {
    get: async (query, candidates) => known.get(keyOf(query, candidates)),
    async put(query, candidates, scores) {
      known.set(keyOf(query, candidates), scores);
      await appendFile(path, `${JSON.stringify({ query, candidates, scores: [...scores] })}\n`);
    },
  };
}
