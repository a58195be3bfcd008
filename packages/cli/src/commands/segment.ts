import { existsSync } from 'node:fs';
import { ReidError, type Box, type Picture, writeFileAtomically } from '@reidkit/core-tensor';
import { createImageDecoder } from '@reidkit/datasets';
import { encodePng, type MaskPrompt, paintMasks, type Segmentation, Segmenter } from '@reidkit/segmenter';
import { type EngineChoice, startEngine } from '../engine.ts';
import { UsageError } from '../usage-error.ts';

/** Options of `reidkit segment`. */
export interface SegmentOptions extends EngineChoice {
  /** One mask for each box. */
  readonly box?: readonly string[];
  /** Places inside of the one mask. */
  readonly point?: readonly string[];
  /** Places outside of it. */
  readonly outside?: readonly string[];
  readonly weights?: string;
  readonly out: string;
  readonly overlay?: string;
}

/** Where `reidkit import FILE --out weights/sam` puts it. */
const WEIGHTS = 'weights/sam/model.safetensors';

function numbersOf(text: string, what: string, names: string): number[] {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (numbers.length === names.split(',').length && numbers.every(Number.isFinite)) return numbers;
  throw new UsageError(`${what} expected ${names} in pixels, got "${text}".`);
}

const placeOf = (text: string, what: string): readonly [number, number] => numbersOf(text, what, 'x,y') as [number, number];

/** What the options ask for: a mask for each box, or one for all points, inside of a box when there is one. */
function promptsOf({ box = [], point = [], outside = [] }: SegmentOptions): MaskPrompt[] {
  const boxes = box.map((text) => numbersOf(text, '--box', 'x0,y0,x1,y1') as unknown as Box);
  const points = [
    ...point.map((text) => ({ at: placeOf(text, '--point'), isInside: true })),
    ...outside.map((text) => ({ at: placeOf(text, '--outside'), isInside: false })),
  ];
  if (boxes.length + points.length === 0) throw new UsageError('say what to segment: --box x0,y0,x1,y1 or --point x,y.');
  if (points.length === 0) return boxes.map((each) => ({ box: each }));
  if (boxes.length > 1) throw new UsageError('points go with one box at most: run the command for each box.');
  return [{ ...(boxes[0] ? { box: boxes[0] } : {}), points }];
}

function weightsOf(given: string | undefined): string {
  if (given !== undefined || existsSync(WEIGHTS)) return given ?? WEIGHTS;
  throw new ReidError('FILE_NOT_FOUND', `There are no weights: --weights was not given, and ${WEIGHTS} is not there.`, {
    hint: 'take sam_vit_b_01ec64.pth of Segment Anything by --weights, or convert it once: reidkit import sam_vit_b_01ec64.pth --out weights/sam',
  });
}

/** Numbers of masks by pixel: 255 for the only one, else 1, 2, … in their order; where two meet, the later one. */
function maskPicture({ width, height, logits }: Segmentation): Picture {
  const data = new Uint8Array(width * height);
  logits.forEach((mask, k) => {
    const value = logits.length === 1 ? 255 : k + 1;
    for (let at = 0; at < mask.length; at++) if (mask[at]! > 0) data[at] = value;
  });
  return { width, height, channels: 1, data };
}

/** `reidkit segment IMAGE`. */
export async function segmentCommand(path: string, options: SegmentOptions): Promise<void> {
  const prompts = promptsOf(options);
  if (prompts.length > 255) throw new UsageError(`a mask file holds 255 masks at most, got ${prompts.length} boxes.`);
  const weights = weightsOf(options.weights);
  const decoder = await createImageDecoder();
  const picture = await decoder.decode(decoder.readBytes(path, path), path);
  const segmenter = await Segmenter.open(weights, await startEngine(options));
  const found = await segmenter.masks(picture, prompts);
  await writeFileAtomically(options.out, encodePng(maskPicture(found)));
  if (options.overlay !== undefined) await writeFileAtomically(options.overlay, encodePng(paintMasks(picture, found.logits)));
  found.boxes.forEach((box, k) => {
    const pixels = found.logits[k]!.reduce((sum, logit) => sum + Number(logit > 0), 0);
    console.log(JSON.stringify({ mask: k + 1, box, pixels, quality: Number(found.quality[k]!.toFixed(4)) }));
  });
  console.error(`Wrote ${[options.out, options.overlay].filter((file) => file !== undefined).join(' and ')}`);
}
