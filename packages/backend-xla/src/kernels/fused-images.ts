import type { KernelAttributes } from '@reidkit/core-tensor';
import type { HloProgram } from '../stablehlo/program.ts';
import type { HloValue } from '../stablehlo/values.ts';
import { convolutionFilterGradient, type ConvolutionGeometry, convolutionInputGradient, convolve } from './convolve.ts';
import type { KernelTable } from './kernel-form.ts';
import { meanOf } from './reductions.ts';
import { foldWindows, giveToLargest } from './window-folds.ts';
import type { Windows } from './windows.ts';

function geometryOf(attributes: KernelAttributes): ConvolutionGeometry {
  const { strides, padding, dilation, groups } = attributes as { strides: number[]; padding: number[]; dilation: number[]; groups: number };
  return { strides, dilations: dilation, before: padding, after: padding, groups };
}

const otherAxes = (x: HloValue): number[] => x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);

/** `[C]` as it lies along the second axis of `x`. */
const perChannel = (p: HloProgram, value: HloValue, x: HloValue): HloValue => p.broadcastAlong(value, x.shape, [1]);

function poolingOf(x: HloValue, attributes: KernelAttributes): Windows {
  const { size, stride, padding } = attributes as Record<string, number>;
  const inputs = x.shape.slice(2);
  const outputs = inputs.map((length) => Math.floor((length + 2 * padding! - size!) / stride!) + 1);
  const both = (number: number): number[] => inputs.map(() => number);
  const after = inputs.map((length, i) => (outputs[i]! - 1) * stride! + size! - padding! - length);
  return { inputs, outputs, sizes: both(size!), strides: both(stride!), dilations: both(1), before: both(padding!), after };
}

/** The fused operations of core-tensor that work on images `[B, C, H, W]`. */
export const fusedImages: KernelTable = {
  ReidConv2d: { emit: (p, { x, weight }, attributes) => convolve(p, x!, weight!, geometryOf(attributes)) },
  ReidConv2dInputGrad: {
    emit: (p, { weight, dy }, attributes) => {
      const inputShape = attributes.inputShape as number[];
      return convolutionInputGradient(p, dy!, weight!, inputShape.slice(2), geometryOf(attributes));
    },
  },
  ReidConv2dWeightGrad: {
    emit: (p, { x, dy }, attributes) => {
      const weightShape = attributes.weightShape as number[];
      return convolutionFilterGradient(p, x!, dy!, weightShape.slice(2), geometryOf(attributes));
    },
  },
  ReidBatchNorm: {
    emit: (p, { x, gamma, beta }, { epsilon }) => {
      const axes = otherAxes(x!);
      const center = meanOf(p, x!, axes);
      const centered = p.sub(x!, perChannel(p, center, x!));
      const variance = meanOf(p, p.mul(centered, centered), axes);
      const inverse = p.unary('rsqrt', p.add(variance, epsilon as number));
      const y = p.add(p.mul(centered, perChannel(p, p.mul(inverse, gamma!), x!)), perChannel(p, beta!, x!));
      return [y, center, variance, inverse];
    },
  },
  ReidBatchNormGrad: {
    emit: (p, { x, gamma, mean, inverse, dy }) => {
      const axes = otherAxes(x!);
      const count = axes.reduce((product, axis) => product * x!.shape[axis]!, 1);
      const normal = p.mul(p.sub(x!, perChannel(p, mean!, x!)), perChannel(p, inverse!, x!));
      const dBeta = p.reduce('add', dy!, axes);
      const dGamma = p.reduce('add', p.mul(dy!, normal), axes);
      const slope = p.mul(normal, perChannel(p, p.mul(dGamma, 1 / count), x!));
      const inner = p.sub(p.sub(dy!, perChannel(p, p.mul(dBeta, 1 / count), x!)), slope);
      return [p.mul(inner, perChannel(p, p.mul(gamma!, inverse!), x!)), dGamma, dBeta];
    },
  },
  ReidMaxPool2d: { emit: (p, { x }, attributes) => foldWindows(p, 'maximum', x!, poolingOf(x!, attributes)) },
  ReidMaxPool2dGrad: { emit: (p, { x, dy }, attributes) => giveToLargest(p, x!, dy!, poolingOf(x!, attributes)) },
};
