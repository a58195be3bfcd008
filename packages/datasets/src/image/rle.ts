import { ReidError, type Box } from '@reidkit/core-tensor/base';

/**
 * A mask as lengths of runs, as COCO has them: down the columns, one column after the other, beginning with the run of zeros, which is 0 when
 * the first pixel is set.
 */
export interface RleMask {
  readonly height: number;
  readonly width: number;
  readonly runs: readonly number[];
}

/** Most pixels of a mask, a bound on files from outside. */
const MAX_MASK_PIXELS = 2 ** 28;

function checkedSize(height: number, width: number): void {
  const isSize = Number.isInteger(height) && Number.isInteger(width) && height >= 0 && width >= 0 && height * width <= MAX_MASK_PIXELS;
  if (!isSize) {
    throw new ReidError(
      'INVALID_ARGUMENT',
      `A mask expected a height and width of ${MAX_MASK_PIXELS} pixels at most, got [${height}, ${width}].`,
    );
  }
}

/** Checks that runs fill a mask. Throws INVALID_ARGUMENT. */
export function checkedRle(mask: RleMask): RleMask {
  checkedSize(mask.height, mask.width);
  const wrong = mask.runs.findIndex((run) => !Number.isInteger(run) || run < 0);
  if (wrong >= 0) throw new ReidError('INVALID_ARGUMENT', `Run ${wrong} of a mask has the length ${mask.runs[wrong]}.`);
  const total = mask.runs.reduce((sum, run) => sum + run, 0);
  const pixels = mask.height * mask.width;
  if (total === pixels) return mask;
  const text = `A mask of [${mask.height}, ${mask.width}] expected runs of ${pixels} pixels together, got ${total}.`;
  throw new ReidError('INVALID_ARGUMENT', text, { hint: 'size is [height, width], and runs go down the columns.' });
}

/** Runs of a mask whose pixels, `[height, width]` row by row, are set where they are not 0. */
export function encodeRle(pixels: ArrayLike<number>, { height, width }: { readonly height: number; readonly width: number }): RleMask {
  checkedSize(height, width);
  if (pixels.length !== height * width) {
    throw new ReidError('INVALID_ARGUMENT', `encodeRle expected ${height * width} pixels for [${height}, ${width}], got ${pixels.length}.`);
  }
  const runs: number[] = [];
  let isSet = false;
  let length = 0;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      if ((pixels[y * width + x] !== 0) !== isSet) {
        runs.push(length);
        length = 0;
        isSet = !isSet;
      }
      length++;
    }
  }
  return { height, width, runs: [...runs, length] };
}

/** The pixels of a mask, `[height, width]` row by row, 1 where set. Throws INVALID_ARGUMENT for runs that do not fill it. */
export function decodeRle(mask: RleMask): Uint8Array {
  const { height, width, runs } = checkedRle(mask);
  const pixels = new Uint8Array(height * width);
  let at = 0;
  runs.forEach((run, k) => {
    if (k % 2 === 1) for (let i = at; i < at + run; i++) pixels[(i % height) * width + Math.floor(i / height)] = 1;
    at += run;
  });
  return pixels;
}

/** Number of pixels that are set. */
export const rleArea = ({ runs }: RleMask): number => runs.reduce((sum, run, k) => (k % 2 === 1 ? sum + run : sum), 0);

/** The box around the pixels that are set, right and lower edge exclusive; null for an empty mask. */
export function rleBox({ height, runs }: RleMask): Box | null {
  let [x0, y0, x1, y1] = [Infinity, Infinity, 0, 0];
  let at = 0;
  runs.forEach((run, k) => {
    if (k % 2 === 1 && run > 0) {
      const last = at + run - 1;
      const [left, right] = [Math.floor(at / height), Math.floor(last / height)];
      x0 = Math.min(x0, left);
      x1 = Math.max(x1, right + 1);
      y0 = Math.min(y0, left === right ? at % height : 0);
      y1 = Math.max(y1, left === right ? (last % height) + 1 : height);
    }
    at += run;
  });
  return x1 === 0 ? null : [x0, y0, x1, y1];
}

/** Where runs end and the next ones begin, in pixels from the first. */
function edgesOf({ runs }: RleMask): number[] {
  let at = 0;
  return runs.slice(0, -1).map((run) => (at += run));
}

/** Runs of the pixels of two masks for which `isSet` holds. Throws INVALID_ARGUMENT for masks of two sizes. */
function combined(a: RleMask, b: RleMask, isSet: (inA: boolean, inB: boolean) => boolean): RleMask {
  const { height, width } = a;
  if (height !== b.height || width !== b.width) {
    throw new ReidError('INVALID_ARGUMENT', `Masks of one size expected, got [${height}, ${width}] and [${b.height}, ${b.width}].`);
  }
  const [edgesA, edgesB] = [edgesOf(a), edgesOf(b)];
  const places = [...new Set([...edgesA, ...edgesB])].filter((place) => place < height * width).sort((x, y) => x - y);
  const runs: number[] = [];
  let [i, j, start, state] = [0, 0, 0, false];
  for (const place of places) {
    while (edgesA[i]! <= place) i++;
    while (edgesB[j]! <= place) j++;
    if (isSet(i % 2 === 1, j % 2 === 1) === state) continue;
    runs.push(place - start);
    [start, state] = [place, !state];
  }
  return { height, width, runs: [...runs, height * width - start] };
}

/** Pixels that are in both masks. */
export const intersectRle = (a: RleMask, b: RleMask): RleMask => combined(a, b, (inA, inB) => inA && inB);

/** Pixels that are in one mask at least. */
export const uniteRle = (a: RleMask, b: RleMask): RleMask => combined(a, b, (inA, inB) => inA || inB);

/** Intersection over union of two masks; 0 for two empty ones. With `isCrowd` the union is the area of the first mask, as COCO has it for crowds. */
export function rleIou(a: RleMask, b: RleMask, { isCrowd = false }: { readonly isCrowd?: boolean } = {}): number {
  const intersection = rleArea(intersectRle(a, b));
  if (intersection === 0) return 0;
  return intersection / (isCrowd ? rleArea(a) : rleArea(a) + rleArea(b) - intersection);
}
