import { Module, relu, type Context, type Tensor } from '@reidkit/core-tensor';
import { Linear } from '@reidkit/encoders';

/** Widths of a {@link DeepMlp}. */
export interface DeepMlpOptions {
  /** Width of what it takes. */
  readonly inputs: number;
  /** Width between layers. */
  readonly hidden: number;
  /** Width of what it gives. */
  readonly outputs: number;
  /** Number of layers. */
  readonly depth: number;
}

/** Perceptron of any depth with ReLU between its layers, under SAM's names. */
export class DeepMlp extends Module {
  readonly layers: readonly Linear[];

  constructor({ inputs, hidden, outputs, depth }: DeepMlpOptions) {
    super();
    this.layers = Array.from(
      { length: depth },
      (_, i) => new Linear({ inputs: i === 0 ? inputs : hidden, outputs: i === depth - 1 ? outputs : hidden }),
    );
  }

  /** `[..., inputs] → [..., outputs]` */
  forward(x: Tensor, ctx: Context): Tensor {
    return this.layers.reduce((value, layer, i) => layer.forward(i === 0 ? value : relu(value), ctx), x);
  }
}
