import type { HloProgram } from '../stablehlo/program.ts';
import { sizeOf } from '../stablehlo/shapes.ts';
import type { HloValue } from '../stablehlo/values.ts';
import { sigmoid } from './elementwise.ts';
import { errorFunction } from './error-function.ts';
import type { KernelTable } from './kernel-form.ts';
import { logSoftmax, meanOf, softmax } from './reductions.ts';

const QUICK = 1.702;

/** Sums over all axes but the last: `[…, D] → [D]`. */
const columnSums = (p: HloProgram, x: HloValue): HloValue =>
  p.reduce('add', x, x.shape.slice(0, -1).map((_, axis) => axis)); // prettier-ignore

/** How much of a normal distribution lies below. */
const below = (p: HloProgram, x: HloValue): HloValue => p.mul(p.add(errorFunction(p, p.mul(x, Math.SQRT1_2)), 1), 0.5);

/** The fused operations of core-tensor that work on rows and tokens; XLA fuses them again as it likes. */
export const fusedRows: KernelTable = {
  ReidLayerNorm: {
    emit: (p, { x, gamma, beta }, { epsilon }) => {
      const last = [x!.shape.length - 1];
      const center = meanOf(p, x!, last, true);
      const centered = p.sub(x!, center);
      const inverse = p.unary('rsqrt', p.add(meanOf(p, p.mul(centered, centered), last, true), epsilon as number));
      return [p.add(p.mul(p.mul(centered, inverse), gamma!), beta!), center, inverse];
    },
  },
  ReidLayerNormGrad: {
    emit: (p, { x, gamma, mean, inverse, dy }) => {
      const last = [x!.shape.length - 1];
      const normal = p.mul(p.sub(x!, mean!), inverse!);
      const scaled = p.mul(dy!, gamma!);
      const slope = p.mul(normal, meanOf(p, p.mul(scaled, normal), last, true));
      const inner = p.sub(p.sub(scaled, meanOf(p, scaled, last, true)), slope);
      return [p.mul(inner, inverse!), columnSums(p, p.mul(dy!, normal)), columnSums(p, dy!)];
    },
  },
  ReidGelu: { emit: (p, { x }) => p.mul(x!, below(p, x!)) },
  ReidGeluGrad: {
    emit: (p, { x, dy }) => {
      const density = p.mul(p.unary('exponential', p.mul(p.mul(x!, x!), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return p.mul(dy!, p.add(below(p, x!), p.mul(x!, density)));
    },
  },
  ReidQuickGelu: {
    emit: (p, { x }) => {
      const gate = sigmoid(p, p.mul(x!, QUICK));
      return [p.mul(x!, gate), gate];
    },
  },
  ReidQuickGeluGrad: {
    emit: (p, { y, gate, dy }) => {
      const gated = p.mul(gate!, dy!);
      return p.add(gated, p.mul(p.mul(y!, QUICK), p.sub(dy!, gated)));
    },
  },
  ReidAttention: {
    emit: (p, { q, k, v, bias }, { scale }) => {
      const scores = p.mul(p.matmul(q!, k!, { transB: true }), scale as number);
      const weights = softmax(p, bias ? p.add(scores, bias) : scores);
      return [p.matmul(weights, v!), weights];
    },
  },
  ReidAttentionGrad: {
    emit: (p, { q, k, v, weights, out, dy }, { scale }) => {
      const rowSums = p.reduce('add', p.mul(dy!, out!), [dy!.shape.length - 1], true);
      const scores = p.mul(weights!, p.sub(p.matmul(dy!, v!, { transB: true }), rowSums));
      const scaled = p.mul(scores, scale as number);
      return [p.matmul(scaled, k!), p.matmul(scaled, q!, { transA: true }), p.matmul(weights!, dy!, { transA: true }), scores];
    },
  },
  ReidCrossEntropy: {
    emit: (p, { logits, targets }) => {
      const logProbabilities = logSoftmax(p, logits!);
      const total = p.reduce('add', p.mul(targets!, logProbabilities), [logits!.shape.length - 1]);
      return [p.neg(total), logProbabilities];
    },
  },
  ReidCrossEntropyGrad: {
    emit: (p, { logProbabilities, targets, dy }) => {
      const total = p.reduce('add', targets!, [targets!.shape.length - 1], true);
      const difference = p.sub(p.mul(p.unary('exponential', logProbabilities!), total), targets!);
      return p.mul(difference, p.reshape(dy!, [...dy!.shape, 1]));
    },
  },
  ReidRelu: { emit: (p, { x }) => p.binary('maximum', x!, 0) },
  ReidReluGrad: { emit: (p, { y, dy }) => p.where(p.compare('GT', y!, 0), dy!, 0) },
  ReidAdamUpdate: {
    emit: (p, { parameter, gradient, first, second, largest, stride, scale }, attributes) => {
      const { beta1, beta2, epsilon } = attributes as Record<string, number>;
      const one = (value: HloValue): HloValue => (sizeOf(value.shape) === 1 ? p.reshape(value, []) : value);
      const nextFirst = p.add(p.mul(first!, beta1!), p.mul(gradient!, 1 - beta1!));
      const nextSecond = p.add(p.mul(second!, beta2!), p.mul(p.mul(gradient!, gradient!), 1 - beta2!));
      const nextLargest = largest ? p.binary('maximum', largest, nextSecond) : nextSecond;
      const step = p.div(nextFirst, p.add(p.mul(p.unary('sqrt', nextLargest), one(scale!)), epsilon!));
      return [p.sub(parameter!, p.mul(step, one(stride!))), nextFirst, nextSecond, ...(largest ? [nextLargest] : [])];
    },
  },
};
