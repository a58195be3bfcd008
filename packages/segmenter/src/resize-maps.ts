import { hostTensor, matMul, reshape, toTensor, transpose, type Tensor } from '@reidkit/core-tensor';
import { bilinearMatrix } from './bilinear-taps.ts';

const constant = (numbers: Float64Array, shape: readonly number[]): Tensor => toTensor(hostTensor(numbers, shape));

/** An axis of `from` places as one of `to`: `[from, D] → [to, D]`. */
export function resizeRows(rows: Tensor, to: number): Tensor {
  const [from] = rows.shape as [number, number];
  return from === to ? rows : matMul(constant(bilinearMatrix(from, to), [to, from]), rows);
}

/** The first `rows` rows of a matrix `[_, columns]` after another matrix `[to, rows]`: one resize behind the other, with a cut between. */
function chained(first: Float64Array, columns: number, second: Float64Array, rows: number): Float64Array {
  const to = second.length / rows;
  const product = new Float64Array(to * columns);
  for (let i = 0; i < to; i++) {
    for (let k = 0; k < rows; k++) {
      const factor = second[i * rows + k]!;
      if (factor === 0) continue;
      for (let j = 0; j < columns; j++) product[i * columns + j]! += factor * first[k * columns + j]!;
    }
  }
  return product;
}

/** Multiplies both axes of maps by constant matrices: `[..., h, w] → [..., H, W]`. */
function onBothAxes(maps: Tensor, down: Tensor, across: Tensor): Tensor {
  const [h, w] = maps.shape.slice(-2) as [number, number];
  const [height, width] = [down.shape[0]!, across.shape[0]!];
  const count = maps.size / (h * w);
  const wide = reshape(matMul(reshape(maps, [count * h, w]), across, false, true), [count, h, width]);
  const turned = reshape(transpose(wide, [0, 2, 1]), [count * width, h]);
  const whole = transpose(reshape(matMul(turned, down, false, true), [count, width, height]), [0, 2, 1]);
  return reshape(whole, [...maps.shape.slice(0, -2), height, width]);
}

/** Resizes maps bilinearly, with pixels as areas and without smoothing: `[..., h, w] → [..., H, W]`. */
export function resizeMaps(maps: Tensor, [height, width]: readonly [height: number, width: number]): Tensor {
  const [h, w] = maps.shape.slice(-2) as [number, number];
  if (h === height && w === width) return maps;
  return onBothAxes(maps, constant(bilinearMatrix(h, height), [height, h]), constant(bilinearMatrix(w, width), [width, w]));
}

/** Where a frame lies in the padded input of a model, in pixels. */
export interface FramePlace {
  /** Height and width of the padded input. */
  readonly padded: readonly [height: number, width: number];
  /** Height and width of the part of it that shows the frame, from the upper left corner. */
  readonly shown: readonly [height: number, width: number];
  /** Height and width of the frame itself. */
  readonly frame: readonly [height: number, width: number];
}

/**
 * Maps of a padded input as maps of the frame: resized to the input, cut to what shows the frame, resized to the frame, all bilinearly:
 * `[..., h, w] → [..., H, W]`.
 */
export function mapsOnFrame(maps: Tensor, { padded, shown, frame }: FramePlace): Tensor {
  const sizes = maps.shape.slice(-2);
  const [down, across] = [0, 1].map((axis) => {
    const [from, to] = [sizes[axis]!, frame[axis]!];
    return constant(chained(bilinearMatrix(from, padded[axis]!), from, bilinearMatrix(shown[axis]!, to), shown[axis]!), [to, from]);
  }) as [Tensor, Tensor];
  return onBothAxes(maps, down, across);
}
