import { join } from 'node:path';
import type { Box } from '@reidkit/core-tensor/base';
import { imageSize } from '../image/image-size.ts';
import { someOf, type FindingList } from './finding-list.ts';

/**
 * What becomes of boxes that hang out of their frame. `frame`: they are cropped on the left and at the top; on the right and below they stay as
 * annotated, unless less than a third is in the frame, then they are cropped, or nothing is, then they are dropped. `published` does what the
 * published loader of PRW and CUHK-SYSU does: whole pixels, a box of the annotation that hangs out on the left or at the top is shifted in, one of
 * the query list is cropped there, and what hangs out on the right or below stays.
 */
export type BoxRule = 'frame' | 'published';

/** Left, top, width and height, as annotations have them. */
export type CornerAndSize = readonly [x: number, y: number, width: number, height: number];

/** Where a box was found. */
export interface BoxPlace {
  /** The annotation, relative to the root, for messages. */
  readonly annotation: string;
  /** Whose box it is, for messages. */
  readonly who: string;
  readonly isQuery?: boolean;
  readonly size?: { readonly width: number; readonly height: number } | undefined;
}

function published([x, y, width, height]: CornerAndSize, isQuery: boolean): Box {
  const [left, top] = [Math.max(0, x), Math.max(0, y)];
  const corner = isQuery ? [x, y] : [left, top];
  return [Math.trunc(left), Math.trunc(top), Math.trunc(corner[0]! + width), Math.trunc(corner[1]! + height)];
}

/** People who walk out of the picture are annotated whole; with less than a third of them in it, the box says nothing. */
const LEAST_SHARE = 3;

const areaOf = ([x0, y0, x1, y1]: Box): number => (x1 - x0) * (y1 - y0);

const hasArea = (raw: CornerAndSize): boolean => raw.every(Number.isFinite) && raw[2] > 0 && raw[3] > 0;

type Oddity = 'empty' | 'gone' | 'cropped' | 'negative';

const SENTENCES: Readonly<Record<Oddity, string>> = {
  empty: 'Dropped, because they have no area',
  gone: 'Dropped, because they are wholly outside their frame',
  cropped: 'Cropped to the frame, because more than two thirds are outside',
  negative: 'Cropped at the left or upper edge, because of negative coordinates',
};

/** Makes boxes of annotations under a rule, and keeps count of those that hang out of their frames. */
export class FrameBoxes {
  readonly #rule: BoxRule;
  readonly #odd = new Map<Oddity, BoxPlace[]>();

  constructor(rule: BoxRule) {
    this.#rule = rule;
  }

  /** Size of a frame, where boxes are cropped to it. */
  size(root: string, file: string): ReturnType<typeof imageSize> {
    return this.#rule === 'frame' ? imageSize(join(root, file)) : Promise.resolve(undefined);
  }

  /** The box of an annotation; null for one without area in its frame. */
  box(raw: CornerAndSize, place: BoxPlace): Box | null {
    const [x, y, width, height] = raw;
    if (!hasArea(raw)) return this.#note('empty', place);
    if (this.#rule === 'published') return published(raw, place.isQuery ?? false);
    const whole: Box = [Math.max(0, x), Math.max(0, y), x + width, y + height];
    const { width: right = Infinity, height: bottom = Infinity } = place.size ?? {};
    const inside: Box = [whole[0], whole[1], Math.min(right, whole[2]), Math.min(bottom, whole[3])];
    if (inside[2] <= inside[0] || inside[3] <= inside[1]) return this.#note('gone', place);
    if (areaOf(inside) * LEAST_SHARE < areaOf(whole)) {
      this.#note('cropped', place);
      return inside;
    }
    if (Math.min(x, y) < 0) this.#note('negative', place);
    return whole;
  }

  #note(oddity: Oddity, place: BoxPlace): null {
    const places = this.#odd.get(oddity) ?? [];
    places.push(place);
    this.#odd.set(oddity, places);
    return null;
  }

  /** Says what was done with odd boxes. */
  explain(findings: FindingList): void {
    for (const [oddity, places] of this.#odd) {
      const who = someOf(places.map(({ annotation, who }) => `${who} in ${annotation}`));
      const message = `${SENTENCES[oddity]}: ${places.length} of the boxes (${who}).`;
      const files = [...new Set(places.map(({ annotation }) => annotation))].slice(0, 100);
      const severity = oddity === 'negative' ? 'info' : 'warning';
      findings.add({ severity, rule: oddity === 'negative' ? 'box-negative' : 'box-outside', message, files, count: places.length });
    }
  }
}
