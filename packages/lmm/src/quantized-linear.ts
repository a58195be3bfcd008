import { Module, modulePlaces, pathPattern, quantizeRows, quantizedLinear, type Context, hostTensor, type ModulePlace, type QuantizedMatrix, type QuantizeOptions, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { Linear, type FixedLinear } from '@reidkit/encoders';

/** A linear map with a weight of whole numbers that never changes; gradients pass through it. */
export class QuantizedLinear extends Module implements FixedLinear {
  readonly #matrix: QuantizedMatrix;

  constructor(matrix: QuantizedMatrix) {
    super();
    this.#matrix = matrix;
  }

  /** Its weight. */
  get matrix(): QuantizedMatrix {
    return this.#matrix;
  }

  /** Outputs and inputs of its weight. */
  get linearShape(): readonly [outputs: number, inputs: number] {
    return this.#matrix.shape;
  }

  /** `[..., in] → [..., out]`. Throws SHAPE_MISMATCH. */
  forward(x: Tensor, _ctx: Context): Tensor {
    return quantizedLinear(x, this.#matrix);
  }
}

/** How the weights of a model become whole numbers. */
export interface QuantizeModelOptions extends QuantizeOptions {
  /** Patterns of the projections, `*` for any text. Default: all of the layers and `lm_head`. */
  readonly targets?: readonly string[];
}

/** Linear maps without bias whose weights may become whole numbers, by the path of the weight. */
export function quantizablePlaces(model: Module, { targets = ['*'], block = 64 }: QuantizeModelOptions): ReadonlyMap<string, ModulePlace> {
  const tests = targets.map((target) => pathPattern(target));
  const fits = ({ path, module }: ModulePlace): boolean =>
    module instanceof Linear && !module.bias && module.weight.shape[1]! % block === 0 && tests.some((test) => test(path));
  return new Map([...modulePlaces(model)].filter(fits).map((place) => [`${place.path}.weight`, place]));
}

/** Numbers that are made whole at once. */
const SLICE = 2 ** 20;

/**
 * Makes a matrix `[rows, columns]` whole numbers slice by slice, so that it never has to be in memory as float32: `rowsOf` gives the numbers
 * of some rows, `letGo` is given arrays that are not needed any more. Throws SHAPE_MISMATCH, or INVALID_ARGUMENT for numbers that are not finite.
 */
export function quantizeSlices(
  [rows, columns]: readonly [number, number],
  rowsOf: (from: number, to: number) => Float32Array,
  { block = 64, bits = 8 }: QuantizeModelOptions = {},
  letGo: (array: ArrayBufferView) => void = () => undefined,
): QuantizedMatrix {
  const words = new Int32Array((rows * columns * bits) / 32);
  const scales = new Float32Array((rows * columns) / block);
  const step = Math.max(1, Math.floor(SLICE / columns));
  for (let from = 0; from < rows; from += step) {
    const to = Math.min(rows, from + step);
    const numbers = rowsOf(from, to);
    const slice = quantizeRows(hostTensor(numbers, [to - from, columns]), { block, bits });
    words.set(slice.words.data, (from * columns * bits) / 32);
    scales.set(slice.scales.data, (from * columns) / block);
    for (const array of [numbers, slice.words.data, slice.scales.data]) letGo(array);
  }
  return {
    shape: [rows, columns],
    block,
    bits,
    words: hostTensor(words, [rows, (columns * bits) / 32], 'int32'),
    scales: hostTensor(scales, [rows, columns / block]),
  };
}
