import { sameShape } from '@reidkit/core-tensor';
import type { OnnxGraph, OnnxValue } from '../onnx/graph.ts';
import { type KernelAttributes, type KernelTable, listOf } from './kernel-form.ts';

interface Response {
  readonly depthRadius: number;
  readonly bias: number;
  readonly alpha: number;
  readonly beta: number;
}

const responseOf = (attributes: KernelAttributes): Response => attributes as unknown as Response;

/** Sums over the channels that are at most a radius away: `[…, C] → […, C]`, a product with a band of ones. */
function neighbourhoodSums(g: OnnxGraph, x: OnnxValue, radius: number): OnnxValue {
  const channels = x.shape.at(-1)!;
  const band = Float32Array.from({ length: channels ** 2 }, (_, i) =>
    Math.abs(Math.floor(i / channels) - (i % channels)) <= radius ? 1 : 0,
  );
  return g.matmul(x, g.constant(band, [channels, channels], 'float32'));
}

/** `bias + α Σ x²` over the neighbourhood. */
const scaleOf = (g: OnnxGraph, x: OnnxValue, { depthRadius, bias, alpha }: Response): OnnxValue =>
  g.add(g.mul(neighbourhoodSums(g, g.mul(x, x), depthRadius), alpha), bias);

/** Kernels that normalize. */
export const normalization: KernelTable = {
  FusedBatchNorm: {
    takes: ({ x, ...statistics }) => listOf(statistics).every(({ shape }) => sameShape(shape, x!.shape.slice(-shape.length))),
    emit: (g, { x, mean, variance, scale, offset }, { varianceEpsilon }) => {
      const inverse = g.unary('Reciprocal', g.unary('Sqrt', g.add(variance!, (varianceEpsilon as number | undefined) ?? 0.001)));
      const normal = g.mul(g.sub(x!, mean!), scale ? g.mul(inverse, scale) : inverse);
      return offset ? g.add(normal, offset) : normal;
    },
  },
  LRN: {
    isHeavy: true,
    emit: (g, { x }, attributes) => {
      const response = responseOf(attributes);
      return g.mul(x!, g.binary('Pow', scaleOf(g, x!, response), g.scalar(-response.beta)));
    },
  },
  LRNGrad: {
    isHeavy: true,
    emit: (g, { x, y, dy }, attributes) => {
      const response = responseOf(attributes);
      const scale = scaleOf(g, x!, response);
      const own = g.mul(dy!, g.binary('Pow', scale, g.scalar(-response.beta)));
      const shared = neighbourhoodSums(g, g.div(g.mul(dy!, y!), scale), response.depthRadius);
      return g.sub(own, g.mul(g.mul(x!, shared), 2 * response.alpha * response.beta));
    },
  },
};
