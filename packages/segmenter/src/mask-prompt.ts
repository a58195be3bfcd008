import { ReidError, formatShape, hostTensor, type Box, type HostTensors, type PictureSize } from '@reidkit/core-tensor';
import type { FrameGeometry, Place } from './frame-geometry.ts';

/** A place that a mask must cover, or must not. */
export interface PromptPoint {
  /** Pixels of the frame. */
  readonly at: Place;
  /** Whether the mask covers it. Default: true. */
  readonly isInside?: boolean;
}

/** What one mask is asked for by: a box, points, or both. */
export interface MaskPrompt {
  /** Box around what is meant, in pixels of the frame. */
  readonly box?: Box;
  /** Places inside and outside of it. Default: none. */
  readonly points?: readonly PromptPoint[];
}

/** Most points of a prompt. */
const MAX_POINTS = 1000;

const isNumber = (value: number): boolean => Number.isFinite(value);

function checkedBox(box: Box, { width, height }: PictureSize): Box {
  const [x0, y0, x1, y1] = box;
  const clipped: Box = [Math.max(0, x0), Math.max(0, y0), Math.min(width, x1), Math.min(height, y1)];
  if (box.every(isNumber) && clipped[0] < clipped[2] && clipped[1] < clipped[3]) return clipped;
  throw new ReidError('INVALID_ARGUMENT', `The box ${formatShape(box)} has nothing of a frame of ${width} by ${height} pixels.`, {
    hint: 'a box is x0, y0, x1, y1 in pixels from the upper left corner, the right and lower edge beyond the last pixel.',
  });
}

function checkedPoint({ at }: PromptPoint, { width, height }: PictureSize): void {
  if (at.every(isNumber) && at[0] >= 0 && at[1] >= 0 && at[0] <= width && at[1] <= height) return;
  throw new ReidError('INVALID_ARGUMENT', `The point ${formatShape(at)} is outside of a frame of ${width} by ${height} pixels.`);
}

/** The prompt with its box inside the frame. Throws INVALID_ARGUMENT for one that asks for nothing, or for what is not in the frame. */
export function checkedPrompt({ box, points = [] }: MaskPrompt, frame: PictureSize): Required<Pick<MaskPrompt, 'points'>> & MaskPrompt {
  if (!box && points.length === 0) {
    throw new ReidError('INVALID_ARGUMENT', 'A prompt has neither a box nor a point.', {
      hint: 'a mask is asked for by a box, points, or both.',
    });
  }
  if (points.length > MAX_POINTS) {
    throw new ReidError('INVALID_ARGUMENT', `A prompt has ${points.length} points; at most ${MAX_POINTS} are taken.`);
  }
  for (const point of points) checkedPoint(point, frame);
  return { ...(box ? { box: checkedBox(box, frame) } : {}), points };
}

/** Prompts of one form as tensors of a batch: `places [B, N, 2]`, `labels [B, N]`, `boxes [B, 4]`, those that there are. */
export function promptTensors(prompts: readonly MaskPrompt[], geometry: FrameGeometry): HostTensors {
  const rows = prompts.length;
  const count = prompts[0]!.points?.length ?? 0;
  const points = prompts.flatMap((prompt) => prompt.points ?? []);
  const boxes = prompts.flatMap(({ box }) => (box ? geometry.boxOnInput(box) : []));
  return {
    ...(count > 0
      ? {
          places: hostTensor(points.flatMap(({ at }) => geometry.placeOnInput(at)), [rows, count, 2]), // prettier-ignore
          labels: hostTensor(points.map(({ isInside = true }) => Number(isInside)), [rows, count], 'int32'), // prettier-ignore
        }
      : {}),
    ...(boxes.length > 0 ? { boxes: hostTensor(boxes, [rows, 4]) } : {}),
  };
}

/** Form of a prompt: those of one form run together. */
export const promptForm = ({ box, points = [] }: MaskPrompt): string => `${box ? 'box' : ''} ${points.length}`;

/** Whether a prompt can mean several things, a person and the coat of that person: one point alone. */
export const isAmbiguous = ({ box, points = [] }: MaskPrompt): boolean => !box && points.length === 1;
