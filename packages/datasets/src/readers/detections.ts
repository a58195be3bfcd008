import { createHash } from 'node:crypto';
import { describeIssues, reportProblems, type Box } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { readLines } from './read-lines.ts';
import { boxSchema } from './record-schema.ts';
import { relativeFile } from './relative-file.ts';

/** People whom a detector found in one frame. */
export interface FrameDetections {
  readonly boxes: readonly Box[];
  /** Confidence of each, larger is surer. */
  readonly scores: readonly number[];
}

/** A file of detections. */
export interface Detections {
  /** What found them, where the file says so. */
  readonly detector?: string;
  /** By the file of the frame, relative to the data set's root. */
  readonly frames: ReadonlyMap<string, FrameDetections>;
  /** Boxes in all frames. */
  readonly count: number;
  /** SHA-256 over the lines, hexadecimal. */
  readonly hash: string;
}

/** Most boxes of a frame and of a file: a detector that gives more was never cut off by its confidence. */
const MOST_IN_FRAME = 2000;
const MOST_IN_ALL = 20_000_000;
const MOST_PROBLEMS = 20;

const header = z.strictObject({
  detections: z.literal(1).describe('version of the format'),
  detector: z.string().max(200).optional().describe('what found them'),
});

const frameLine = z
  .strictObject({
    frame: relativeFile.describe('the frame, relative to the root of the data set'),
    boxes: z.array(boxSchema).max(MOST_IN_FRAME).describe('[x0, y0, x1, y1] in pixels of the frame'),
    scores: z.array(z.number()).max(MOST_IN_FRAME).describe('confidence of each box'),
  })
  .refine(({ boxes, scores }) => boxes.length === scores.length, { error: 'has as many scores as boxes', path: ['scores'] });

function parseLine<T>(text: string, schema: z.ZodType<T>): T | string {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : describeIssues(parsed.error).join(' ');
  } catch (error) {
    return (error as Error).message;
  }
}

const isHeader = (text: string): boolean => text.startsWith('{"detections":');

/**
 * Reads a file of detections: a JSON object per line, `{"frame", "boxes", "scores"}`, after an optional first line `{"detections": 1,
 * "detector"}`. Rejects with FILE_NOT_FOUND, or FILE_INVALID naming every wrong line: not JSON, other keys, a box without extent, fewer scores
 * than boxes, a frame that comes twice, more than 2,000 boxes in a frame.
 */
export async function readDetections(path: string): Promise<Detections> {
  const frames = new Map<string, FrameDetections>();
  const problems: string[] = [];
  const hash = createHash('sha256');
  let detector: string | undefined;
  let count = 0;
  const take = (number: number, text: string): string | undefined => {
    if (number === 1 && isHeader(text)) {
      const parsed = parseLine(text, header);
      if (typeof parsed === 'string') return parsed;
      detector = parsed.detector;
      return undefined;
    }
    const parsed = parseLine(text, frameLine);
    if (typeof parsed === 'string') return parsed;
    if (frames.has(parsed.frame)) return `the frame "${parsed.frame}" was there before`;
    count += parsed.boxes.length;
    if (count > MOST_IN_ALL) return `these are more than ${MOST_IN_ALL} boxes`;
    frames.set(parsed.frame, { boxes: parsed.boxes, scores: parsed.scores });
    return undefined;
  };
  for await (const { number, text } of readLines(path)) {
    hash.update(text).update('\n');
    const problem = take(number, text);
    if (problem !== undefined) problems.push(`line ${number}: ${problem}`);
    if (problems.length === MOST_PROBLEMS) break;
  }
  if (problems.length > 0) {
    throw reportProblems('FILE_INVALID', `${path} is no file of detections:`, problems, {
      hint: 'a line is {"frame": "frames/c1s1_000151.jpg", "boxes": [[x0, y0, x1, y1]], "scores": [0.9]}, boxes in pixels of the frame.',
    });
  }
  return { ...(detector === undefined ? {} : { detector }), frames, count, hash: hash.digest('hex') };
}
