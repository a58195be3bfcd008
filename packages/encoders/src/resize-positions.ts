import { ReidError, formatShape, hostTensor, type HostTensor } from '@reidkit/core-tensor';

/** Height and width of a grid of patches. */
export type PatchGrid = readonly [height: number, width: number];

/** How position vectors are carried over from one grid to another. */
export interface PositionResize {
  /** Tokens in front of the patches, which stay as they are. */
  readonly prefix: number;
  readonly to: PatchGrid;
  /** Grid of the given positions. Default: square, or twice as high as wide, whichever their number allows. */
  readonly from?: PatchGrid;
  /** `bilinear` as TransReID and PASS do, `bicubic` (a = −0.75) as ALBEF does; both by half-pixel centres and without antialiasing. */
  readonly method?: 'bilinear' | 'bicubic';
}

/** Grid of a number of patches: square, or twice as high as wide; undefined where neither fits. */
export function guessGrid(patches: number): PatchGrid | undefined {
  for (const ratio of [1, 2]) {
    const width = Math.round(Math.sqrt(patches / ratio));
    if (ratio * width * width === patches) return [ratio * width, width];
  }
  return undefined;
}

/** Which places, with which weights, make one place of the resized axis. */
type Taps = readonly (readonly [place: number, weight: number])[];

function linearTaps(center: number, length: number): Taps {
  const clamped = Math.max(0, center);
  const low = Math.min(Math.floor(clamped), length - 1);
  const share = clamped - low;
  return [
    [low, 1 - share],
    [Math.min(low + 1, length - 1), share],
  ];
}

const CUBIC = -0.75;

function cubicWeight(distance: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * CUBIC : 0;
}

function cubicTaps(center: number, length: number): Taps {
  const low = Math.floor(center);
  return [-1, 0, 1, 2].map((offset) => [Math.min(Math.max(low + offset, 0), length - 1), cubicWeight(center - low - offset)]);
}

function axisTaps(from: number, to: number, method: 'bilinear' | 'bicubic'): Taps[] {
  const taps = method === 'bicubic' ? cubicTaps : linearTaps;
  return Array.from({ length: to }, (_, i) => taps(((i + 0.5) * from) / to - 0.5, from));
}

/**
 * What each cell of one grid gives to each of another, bilinear by half-pixel centres: `[h · w, h' · w']`, whose columns sum to 1. A row of values
 * `[…, h · w]` times it is the resized row.
 */
export function bilinearWeights(from: PatchGrid, to: PatchGrid): HostTensor {
  const [rows, columns] = [axisTaps(from[0], to[0], 'bilinear'), axisTaps(from[1], to[1], 'bilinear')];
  const [cells, wanted] = [from[0] * from[1], to[0] * to[1]];
  const weights = new Float32Array(cells * wanted);
  rows.forEach((ys, row) =>
    columns.forEach((xs, column) => {
      for (const [y, a] of ys) for (const [x, b] of xs) weights[(y * from[1] + x) * wanted + row * to[1] + column]! += a * b;
    }),
  );
  return hostTensor(weights, [cells, wanted]);
}

/**
 * Position vectors of one grid of patches for another: `[1, prefix + h·w, D] → [1, prefix + h'·w', D]`. Throws CHECKPOINT_MISMATCH when the
 * number of positions fits no grid.
 */
export function resizePositions(positions: HostTensor, { prefix, to, from, method = 'bilinear' }: PositionResize): HostTensor<'float32'> {
  const [, count = 0, width = 0] = positions.shape;
  const source = from ?? guessGrid(count - prefix);
  if (!source || source[0] * source[1] !== count - prefix) {
    throw new ReidError(
      'CHECKPOINT_MISMATCH',
      `Positions ${formatShape(positions.shape)} with ${prefix} in front of the patches are no grid ${source ? formatShape(source) : 'of a known form'}.`,
      { hint: 'say which grid they are of; a square one and one twice as high as wide are recognised.' },
    );
  }
  const rows = axisTaps(source[0], to[0], method);
  const columns = axisTaps(source[1], to[1], method);
  const resized = new Float64Array((prefix + to[0] * to[1]) * width);
  for (let i = 0; i < prefix * width; i++) resized[i] = positions.data[i]!;
  rows.forEach((rowTaps, y) =>
    columns.forEach((columnTaps, x) => {
      const at = (prefix + y * to[1] + x) * width;
      for (const [row, rowWeight] of rowTaps) {
        for (const [column, columnWeight] of columnTaps) {
          const source0 = (prefix + row * source[1] + column) * width;
          for (let d = 0; d < width; d++) resized[at + d]! += rowWeight * columnWeight * positions.data[source0 + d]!;
        }
      }
    }),
  );
  return hostTensor(resized, [1, prefix + to[0] * to[1], width]);
}
