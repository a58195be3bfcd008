import { cast, greater, maximum, mul, type Tensor } from '../tensor.ts';
import { fused } from './fused.ts';

const grad = fused({
  name: 'ReidReluGrad',
  composite: ({ y, dy }) => [mul(dy!, cast(greater(y!, 0), 'float32'))],
});

const run = fused({
  name: 'ReidRelu',
  composite: ({ x }) => [maximum(x!, 0)],
  saves: { outputs: [true] },
  gradient: ({ gradients, outputs }) => ({ x: grad({ y: outputs[0]!, dy: gradients[0]! })[0]! }),
});

/** `max(x, 0)`: any shape → the same. */
export function relu(x: Tensor): Tensor {
  return run({ x })[0]!;
}
