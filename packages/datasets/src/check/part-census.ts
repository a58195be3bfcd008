import { join } from 'node:path';
import type { Box, CropRecord, Dataset } from '@reidkit/core-tensor/base';
import { BODY_PARTS, type BodyPart } from '../annotators/body-parts.ts';
import { calibratePartBoxes, type CalibrationRule } from '../annotators/calibrate-part-boxes.ts';
import { imageSize } from '../image/image-size.ts';
import { coverByBox } from '../loader/part-grid.ts';
import { readSidecars } from '../sidecars/find-sidecars.ts';

/** Part boxes of an image before and after calibration. */
export interface PartExample {
  /** Path below the root. */
  readonly file: string;
  readonly width: number;
  readonly height: number;
  /** As found, pixels. */
  readonly boxes: Readonly<Partial<Record<BodyPart, Box>>>;
  /** Stripes in place of those that cannot be right. */
  readonly calibrated: Readonly<Record<BodyPart, Box>>;
  readonly replaced: Readonly<Partial<Record<BodyPart, CalibrationRule>>>;
  /** Cells of the grid, row by row, that belong to each calibrated box: those whose centre it covers. */
  readonly cells: Readonly<Record<BodyPart, Float32Array>>;
}

/** What part boxes of a data set are like. */
export interface PartCensus {
  /** Images that were looked at, and how many there are. */
  readonly counted: number;
  readonly images: number;
  /** Images without any box. */
  readonly without: number;
  /** Heights of boxes as shares of their image's, before and after calibration. */
  readonly heights: Readonly<Record<'raw' | 'calibrated', Readonly<Record<BodyPart, readonly number[]>>>>;
  /** How often each rule replaced a box. */
  readonly rules: Readonly<Partial<Record<CalibrationRule, number>>>;
  readonly grid: readonly [rows: number, columns: number];
  /** Images spread evenly over those that were counted. */
  readonly sample: readonly PartExample[];
  /** Images with a box that is far too large, and with one of which too little is left. */
  readonly oversized: readonly PartExample[];
  readonly overSplit: readonly PartExample[];
}

/** Sizes of a census. */
export interface PartCensusOptions {
  /** Most images to look at, spread evenly. Default: 2000. */
  readonly most?: number;
  /** Most examples of a kind. Default: 6. */
  readonly examples?: number;
  /** Cells over an image. Default: 16 by 8. */
  readonly grid?: readonly [rows: number, columns: number];
}

type PartBoxes = PartExample['boxes'];

const spread = <T>(list: readonly T[], most: number): T[] =>
  Array.from({ length: Math.min(most, list.length) }, (_, i) => list[Math.floor((i * list.length) / Math.min(most, list.length))]!);

/** Boxes as they were before calibration, by file, where a calibration stands beside them. */
async function rawBoxes(root: string): Promise<ReadonlyMap<string, PartBoxes>> {
  const raw = new Map<string, PartBoxes>();
  for (const { header, entries } of await readSidecars(root)) {
    if (header?.producer?.startsWith('annotator/part-calibration')) continue;
    for (const { file, person, partBoxes } of entries.values()) if (!person && partBoxes) raw.set(file, present(partBoxes));
  }
  return raw;
}

const present = (boxes: Readonly<Record<string, Box | null>>): PartBoxes =>
  Object.fromEntries(Object.entries(boxes).filter(([, box]) => box !== null)) as PartBoxes;

async function exampleOf(root: string, file: string, boxes: PartBoxes, [rows, columns]: PartCensus['grid']): Promise<PartExample | null> {
  const size = await imageSize(join(root, file));
  if (!size) return null;
  const { boxes: calibrated, replaced } = calibratePartBoxes(boxes, [0, 0, size.width, size.height]);
  const cells = BODY_PARTS.map((part) => {
    const own = new Float32Array(rows * columns);
    coverByBox(calibrated[part], size, { height: rows, width: columns }, own, 'centre');
    return [part, own] as const;
  });
  return { file, ...size, boxes, calibrated, replaced, cells: Object.fromEntries(cells) as unknown as PartExample['cells'] };
}

/** Whether a box that is too large, or one of which too little is left, was replaced. */
function isReplaced({ boxes, replaced, width, height }: PartExample, wanted: 'large' | 'small'): boolean {
  return BODY_PARTS.some((part) => {
    const [rule, box] = [replaced[part], boxes[part]];
    if (!rule || !box || rule === 'missing' || rule === 'outside') return false;
    // Heights that are refused lie below 0.15 or above 0.4.
    const isLarge = rule === 'area' || (rule === 'height' && (box[3] - box[1]) / height > 0.3) || (box[2] - box[0]) / width > 1.5;
    return isLarge === (wanted === 'large');
  });
}

/** Looks at the head, upper body and legs that records of a data set have boxes of; null where none has any. */
export async function countPartBoxes(dataset: Dataset, options: PartCensusOptions = {}): Promise<PartCensus | null> {
  const { most = 2000, examples: few = 6, grid = [16, 8] } = options;
  const crops = Object.values(dataset.splits).flat().filter((record): record is CropRecord => record.form === 'crop' && !record.cut); // prettier-ignore
  const known = crops.filter(({ partBoxes = {} }) => BODY_PARTS.some((part) => partBoxes[part]));
  if (known.length === 0) return null;
  const raw = await rawBoxes(dataset.root).catch(() => new Map<string, PartBoxes>());
  const chosen = spread(known, most);
  const opened = await Promise.all(chosen.map(({ file, partBoxes }) => exampleOf(dataset.root, file, raw.get(file) ?? partBoxes!, grid)));
  const all = opened.filter((example) => example !== null);
  const heightsOf = (from: 'boxes' | 'calibrated'): PartCensus['heights']['raw'] =>
    Object.fromEntries(
      BODY_PARTS.map((part) => [part, all.flatMap(({ [from]: boxes, height }) => (boxes[part] ? [(boxes[part][3] - boxes[part][1]) / height] : []))]),
    ) as unknown as PartCensus['heights']['raw']; // prettier-ignore
  const rules: Partial<Record<CalibrationRule, number>> = {};
  for (const rule of all.flatMap(({ replaced }) => Object.values(replaced))) rules[rule] = (rules[rule] ?? 0) + 1;
  const some = (wanted: 'large' | 'small'): PartExample[] => all.filter((example) => isReplaced(example, wanted)).slice(0, few);
  return {
    counted: all.length, images: crops.length, without: crops.length - known.length, grid, rules,
    heights: { raw: heightsOf('boxes'), calibrated: heightsOf('calibrated') },
    sample: spread(all, few), oversized: some('large'), overSplit: some('small'),
  }; // prettier-ignore
}
