import { Module, modulePlaces, pathPattern, quantizeRows, quantizedLinear, type Context, type HostTensor, type ModulePlace, type QuantizedMatrix, type QuantizeOptions, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
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

/** Puts whole numbers in the place of a weight. Throws INVALID_ARGUMENT for numbers that are not finite. */
export function quantizePlace(place: ModulePlace, weight: HostTensor<'float32'>, options: QuantizeModelOptions): void {
  const { block, bits } = options;
  place.replace(new QuantizedLinear(quantizeRows(weight, { ...(block ? { block } : {}), ...(bits ? { bits } : {}) })));
}
