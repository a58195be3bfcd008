import type { Annotation, AnnotationFact, AnnotationItem, Box } from '@reidkit/core-tensor/base';
import { BODY_PARTS } from './body-parts.ts';
import { regionOf } from './stripes.ts';

/** In what a model gives boxes; declared, never guessed. */
export type BoxScale = 'pixels' | 'unit' | 'thousand';

/** Something a model is asked for. */
export interface ChatTask {
  readonly gives: AnnotationFact;
  /** Moves when the words change. */
  readonly version: string;
  readonly prompt: string;
  /** The annotation in an answer; null for an answer that says nothing usable. Boxes are in pixels of the whole image. */
  read(answer: string, item: AnnotationItem, scale: BoxScale): Annotation | null;
}

const MOST_WORDS = 77;
const MOST_BOXES = 100;
const REFUSALS = /\b(?:i(?:['’]m| am) sorry|i can(?:['’]t|not)|as an ai|unable to (?:help|assist|describe|identify))\b/i;

const isSentence = (text: string): boolean => text !== '' && text.split(/\s+/).length <= MOST_WORDS && !REFUSALS.test(text);

/** Lines of an answer without numbers, dashes and quotes at their ends. */
const linesOf = (answer: string): string[] =>
  answer
    .split('\n')
    .map((line) =>
      line
        .trim()
        .replace(/^(?:[-*•]|\d+[.)])\s*/, '')
        .replace(/^"(.*)"$/, '$1')
        .trim(),
    ) // prettier-ignore
    .filter((line) => line !== '');

/** The first JSON object in an answer. */
function objectIn(answer: string): Record<string, unknown> | null {
  const text = /\{[^{}]*\}/.exec(answer)?.[0];
  if (text === undefined) return null;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}

function scaleOf(scale: BoxScale, [width, height]: readonly [number, number]): readonly [number, number] {
  if (scale === 'pixels') return [1, 1];
  return scale === 'unit' ? [width, height] : [width / 1000, height / 1000];
}

/** A box of an answer in pixels of the whole image, cut to the picture that was shown; null when nothing is left of it. */
function boxOf(value: unknown, item: AnnotationItem, scale: BoxScale): Box | null {
  if (!Array.isArray(value) || value.length !== 4 || !value.every((number) => Number.isFinite(number))) return null;
  const [left, top, right, bottom] = regionOf(item);
  const [sx, sy] = scaleOf(scale, [right - left, bottom - top]);
  const [a, b, c, d] = value as [number, number, number, number];
  const box: Box = [
    Math.max(left, left + Math.min(a, c) * sx),
    Math.max(top, top + Math.min(b, d) * sy),
    Math.min(right, left + Math.max(a, c) * sx),
    Math.min(bottom, top + Math.max(b, d) * sy),
  ];
  return box[2] > box[0] && box[3] > box[1] ? box : null;
}

/** How much of a box lies in the middle third of the picture that was shown, square pixels. */
function inCentre([x0, y0, x1, y1]: Box, item: AnnotationItem): number {
  const [left, , right] = regionOf(item);
  const third = (right - left) / 3;
  return Math.max(0, Math.min(x1, right - third) - Math.max(x0, left + third)) * (y1 - y0);
}

/** The box of an answer; of several, the one that covers most of the middle of the picture, where the person is. */
function bestBoxOf(value: unknown, item: AnnotationItem, scale: BoxScale): Box | null {
  if (!Array.isArray(value) || !Array.isArray(value[0])) return boxOf(value, item, scale);
  const boxes = value
    .slice(0, MOST_BOXES)
    .map((each) => boxOf(each, item, scale))
    .filter((box) => box !== null);
  return boxes.reduce<Box | null>((best, box) => (best && inCentre(best, item) >= inCentre(box, item) ? best : box), null);
}

/** The tasks by name. */
export const CHAT_TASKS = {
  captions: {
    gives: 'captions',
    version: 'captions-1',
    prompt:
      'Describe gender, build, clothing from head to foot, hair style and hair colour of the person in two or three sentences; say unknown when it cannot be seen. Answer with the description alone.',
    read(answer): Annotation | null {
      const text = linesOf(answer).join(' ');
      return isSentence(text) ? { captions: [text] } : null;
    },
  },
  parts: {
    gives: 'partBoxes',
    version: 'parts-1',
    prompt:
      'Where are the head, the upper body and the legs of the person in the middle? Answer with one JSON object alone, {"head": [x0, y0, x1, y1], "upper": …, "legs": …}, and null for a part that cannot be seen.',
    read(answer, item, scale): Annotation | null {
      const found = objectIn(answer);
      if (!found || !BODY_PARTS.some((part) => part in found)) return null;
      return { partBoxes: Object.fromEntries(BODY_PARTS.map((part) => [part, bestBoxOf(found[part], item, scale)])) };
    },
  },
  instructions: {
    gives: 'instruction',
    version: 'instructions-1',
    prompt:
      'Write one sentence that asks a search system for this person in these clothes, naming the clothes and their colours. Answer with the sentence alone.',
    read(answer): Annotation | null {
      const [text = ''] = linesOf(answer);
      return isSentence(text) ? { instruction: { text } } : null;
    },
  },
} as const satisfies Record<string, ChatTask>;
