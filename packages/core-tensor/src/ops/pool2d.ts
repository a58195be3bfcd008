import { engine } from '@tensorflow/tfjs';
import { ReidError } from '../errors.ts';
import { formatShape } from '../host-tensor.ts';
import { mean, reshape, slice, transpose, type Tensor } from '../tensor.ts';
import { fused, type FusedAttributes } from './fused.ts';

const toPixels = (x: Tensor): Tensor => transpose(x, [0, 2, 3, 1]);
const fromPixels = (x: Tensor): Tensor => transpose(x, [0, 3, 1, 2]);

function kernelAttributes(attributes: FusedAttributes): object {
  const { size, stride, padding } = attributes as Record<string, number>;
  const around = [padding, padding];
  const pad = padding === 0 ? 'valid' : [[0, 0], around, around, [0, 0]];
  return { filterSize: [size, size], strides: [stride, stride], pad, dimRoundingMode: 'floor' };
}

const kernel = (name: string, inputs: Record<string, Tensor>, attributes: FusedAttributes): Tensor =>
  engine().runKernel(name, inputs as never, kernelAttributes(attributes) as never) as Tensor;

const maxGrad = fused({
  name: 'ReidMaxPool2dGrad',
  composite: ({ x, y, dy }, attributes) => [
    fromPixels(kernel('MaxPoolGrad', { dy: toPixels(dy!), input: toPixels(x!), output: toPixels(y!) }, attributes)),
  ],
});

const runMax = fused({
  name: 'ReidMaxPool2d',
  composite: ({ x }, attributes) => [fromPixels(kernel('MaxPool', { x: toPixels(x!) }, attributes))],
  saves: { inputs: ['x'], outputs: [true] },
  gradient: ({ gradients, inputs, outputs, attributes }) => ({
    x: maxGrad({ x: inputs.x!, y: outputs[0]!, dy: gradients[0]! }, attributes)[0]!,
  }),
});

/** Largest value in each window: `[B, C, H, W] → [B, C, H', W']`; sizes in pixels, the padding never wins. */
export function maxPool2d(x: Tensor, { size, stride = size, padding = 0 }: { size: number; stride?: number; padding?: number }): Tensor {
  return runMax({ x }, { size, stride, padding })[0]!;
}

/** Mean of each window of `size` × `size` pixels, side by side: `[B, C, H, W] → [B, C, H / size, W / size]`, rest cut off. */
export function averagePool2d(x: Tensor, { size }: { size: number }): Tensor {
  if (x.rank !== 4) throw new ReidError('SHAPE_MISMATCH', `averagePool2d expected [B, C, H, W], got ${formatShape(x.shape)}.`);
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const high = Math.floor(height / size);
  const wide = Math.floor(width / size);
  const whole = high * size === height && wide * size === width ? x : slice(x, [0, 0, 0, 0], [batch, channels, high * size, wide * size]);
  return mean(reshape(whole, [batch, channels, high, size, wide, size]), [3, 5]);
}
