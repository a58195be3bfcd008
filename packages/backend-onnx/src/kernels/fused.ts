import type { OnnxGraph, OnnxValue } from '../onnx/graph.ts';
import type { KernelTable } from './kernel-form.ts';

const QUICK = 1.702;

/** Folds leading axes: `[..., D] → [M, D]`. */
const rows = (g: OnnxGraph, x: OnnxValue): OnnxValue => g.reshape(x, [x.shape.slice(0, -1).reduce((m, n) => m * n, 1), x.shape.at(-1)!]);

/** Sum over rows as a product with ones: `[M, D] → [D]`. */
const columnSums = (g: OnnxGraph, x: OnnxValue): OnnxValue => g.reduce('ReduceSum', x, [0]);

/** The fused operations of core-tensor that work on rows and tokens. */
export const fusedRows: KernelTable = {
  ReidLayerNorm: {
    isHeavy: true,
    emit: (g, { x, gamma, beta }, { epsilon }) => {
      const row = [...x!.shape.slice(0, -1), 1];
      return g.node('LayerNormalization', [x!, gamma!, beta!], [[x!.shape], [row], [row]], {
        axis: -1,
        epsilon: { float: epsilon as number },
      });
    },
  },
  ReidLayerNormGrad: {
    isHeavy: true,
    emit: (g, { x, gamma, mean, inverse, dy }) => {
      const width = x!.shape.at(-1)!;
      const d = rows(g, dy!);
      const inv = rows(g, inverse!);
      const normal = g.mul(g.sub(rows(g, x!), rows(g, mean!)), inv);
      const product = g.mul(d, normal);
      const scaled = g.mul(d, gamma!);
      const weight = g.reshape(g.mul(gamma!, 1 / width), [width, 1]);
      const meanScaled = g.matmul(d, weight);
      const meanProduct = g.matmul(product, weight);
      const dx = g.mul(g.sub(g.sub(scaled, meanScaled), g.mul(normal, meanProduct)), inv);
      return [g.reshape(dx, x!.shape), columnSums(g, product), columnSums(g, d)];
    },
  },
  ReidGelu: { anyShape: true, isHeavy: true, emit: (g, { x }) => g.one('Gelu', [x!], x!.shape, {}, 'float32', 'com.microsoft') },
  ReidGeluGrad: {
    anyShape: true,
    isHeavy: true,
    emit: (g, { x, dy }) => {
      const below = g.mul(g.add(g.unary('Erf', g.mul(x!, Math.SQRT1_2)), 1), 0.5);
      const density = g.mul(g.unary('Exp', g.mul(g.mul(x!, x!), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return g.mul(dy!, g.add(below, g.mul(x!, density)));
    },
  },
  ReidQuickGelu: {
    anyShape: true,
    isHeavy: true,
    emit: (g, { x }) => {
      // The gate is for the gradient: where there is none, nobody needs it, and one operation is left.
      const y = g.one('QuickGelu', [x!], x!.shape, { alpha: { float: QUICK } }, 'float32', 'com.microsoft');
      return [y, g.unary('Sigmoid', g.mul(x!, QUICK))];
    },
  },
  ReidQuickGeluGrad: {
    anyShape: true,
    isHeavy: true,
    emit: (g, { y, gate, dy }) => {
      const gated = g.mul(gate!, dy!);
      return g.add(gated, g.mul(g.mul(y!, QUICK), g.sub(dy!, gated)));
    },
  },
  ReidAttention: {
    isHeavy: true,
    emit: (g, { q, k, v, bias }, { scale }) => {
      const scores = g.matmul(q!, k!, { transB: true, alpha: scale as number });
      const weights = g.unary('Softmax', bias ? g.add(scores, bias) : scores, { axis: -1 });
      return [g.matmul(weights, v!), weights];
    },
  },
  ReidAttentionGrad: {
    isHeavy: true,
    emit: (g, { q, k, v, weights, out, dy }, attributes) => {
      const alpha = attributes.scale as number;
      const rowSums = g.reduce('ReduceSum', g.mul(dy!, out!), [dy!.shape.length - 1], true);
      const scores = g.mul(weights!, g.sub(g.matmul(dy!, v!, { transB: true }), rowSums));
      return [
        g.matmul(scores, k!, { alpha }),
        g.matmul(scores, q!, { transA: true, alpha }),
        g.matmul(weights!, dy!, { transA: true }),
        scores,
      ];
    },
  },
  ReidCrossEntropy: {
    anyShape: true,
    emit: (g, { logits, targets }) => {
      const logProbabilities = g.unary('LogSoftmax', logits!, { axis: -1 });
      const total = g.reduce('ReduceSum', g.mul(targets!, logProbabilities), [logits!.shape.length - 1]);
      return [g.unary('Neg', total), logProbabilities];
    },
  },
  ReidCrossEntropyGrad: {
    emit: (g, { logProbabilities, targets, dy }) => {
      const last = targets!.shape.length - 1;
      const total = g.reduce('ReduceSum', targets!, [last], true);
      const difference = g.sub(g.mul(g.unary('Exp', logProbabilities!), total), targets!);
      return g.mul(difference, g.reshape(dy!, [...dy!.shape, 1]));
    },
  },
  ReidRelu: { anyShape: true, emit: (g, { x }) => g.unary('Relu', x!) },
  ReidReluGrad: {
    anyShape: true,
    isHeavy: true,
    // A choice (Where) would take three times as long.
    emit: (g, { y, dy }) => g.mul(dy!, g.cast(g.binary('Greater', y!, g.scalar(0), 'bool'), 'float32')),
  },
  ReidAdamUpdate: {
    anyShape: true,
    emit: (g, { parameter, gradient, first, second, largest, stride, scale }, attributes) => {
      const { beta1, beta2, epsilon } = attributes as Record<string, number>;
      const nextFirst = g.add(g.mul(first!, beta1!), g.mul(gradient!, 1 - beta1!));
      const nextSecond = g.add(g.mul(second!, beta2!), g.mul(g.mul(gradient!, gradient!), 1 - beta2!));
      const nextLargest = largest ? g.binary('Max', largest, nextSecond) : nextSecond;
      const step = g.div(nextFirst, g.add(g.mul(g.unary('Sqrt', nextLargest), scale!), epsilon!));
      return [g.sub(parameter!, g.mul(step, stride!)), nextFirst, nextSecond, ...(largest ? [nextLargest] : [])];
    },
  },
};
