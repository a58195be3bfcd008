import { customGrad, engine } from '@tensorflow/tfjs';
import type { Tensor } from '../tensor.ts';

/** The same numbers, through which no gradient flows (torch `detach`): any shape → the same. */
export function stopGradient(x: Tensor): Tensor {
  // A custom gradient without inputs: the way back ends here, instead of going on with zeros that can turn into NaN.
  return customGrad(() => ({ value: engine().runKernel('Identity', { x }) as Tensor, gradFunc: () => [] }))();
}
