import { Module, buffer, concat, cos, matMul, mul, normalInit, reshape, sin, sub, tensor, transpose, type Parameter, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore

/** Fixed random frequencies that turn places into vectors, under SAM's name. */
export class PointPositions extends Module {
  /** `[2, C / 2]`, for x and y. */
  readonly positional_encoding_gaussian_matrix: Parameter;

  constructor(width: number) {
    super();
    this.positional_encoding_gaussian_matrix = buffer([2, width / 2], normalInit(1));
  }

  /** Places x, y from 0 to 1 `[..., 2]` → `[..., C]`: sines, then cosines. */
  forward(places: Tensor): Tensor {
    const matrix = this.positional_encoding_gaussian_matrix.value;
    const rows = reshape(mul(sub(mul(places, 2), 1), 2 * Math.PI), [-1, 2]);
    const angles = matMul(rows, matrix);
    return reshape(concat([sin(angles), cos(angles)], 1), [...places.shape.slice(0, -1), 2 * matrix.shape[1]!]);
  }

  /** Vectors of the middles of a grid's cells: `[1, C, h, w]`. */
  grid([height, width]: readonly [height: number, width: number]): Tensor {
    const middles = Array.from({ length: height * width }, (_, i) => [
      ((i % width) + 0.5) / width,
      (Math.floor(i / width) + 0.5) / height,
    ]).flat();
    const vectors = this.forward(tensor(middles, [1, height, width, 2]));
    return transpose(vectors, [0, 3, 1, 2]);
  }
}
