import { type KernelAttributes, sameShape } from '@reidkit/core-tensor';
import type { HloProgram } from '../stablehlo/program.ts';
import type { HloValue } from '../stablehlo/values.ts';
import { type KernelTable, listOf } from './kernel-form.ts';

interface Response {
  readonly depthRadius: number;
  readonly bias: number;
  readonly alpha: number;
  readonly beta: number;
}

const responseOf = (attributes: KernelAttributes): Response => attributes as unknown as Response;

/** Sums over the channels that are at most a radius away: `[…, C] → […, C]`, a product with a band of ones. */
function neighbourhoodSums(p: HloProgram, x: HloValue, radius: number): HloValue {
  const channels = x.shape.at(-1)!;
  const square = [channels, channels];
  const distance = p.unary('abs', p.sub(p.iota(square, 0), p.iota(square, 1)));
  return p.matmul(x, p.convert(p.compare('LE', distance, radius), 'float32'));
}

/** `bias + α Σ x²` over the neighbourhood. */
const scaleOf = (p: HloProgram, x: HloValue, { depthRadius, bias, alpha }: Response): HloValue =>
  p.add(p.mul(neighbourhoodSums(p, p.mul(x, x), depthRadius), alpha), bias);

/** Kernels that normalize. */
export const normalization: KernelTable = {
  FusedBatchNorm: {
    takes: ({ x, ...statistics }) => listOf(statistics).every(({ shape }) => sameShape(shape, x!.shape.slice(-shape.length))),
    emit: (p, { x, mean, variance, scale, offset }, { varianceEpsilon }) => {
      const inverse = p.unary('rsqrt', p.add(variance!, (varianceEpsilon as number | undefined) ?? 0.001));
      const normal = p.mul(p.sub(x!, mean!), scale ? p.mul(inverse, scale) : inverse);
      return offset ? p.add(normal, offset) : normal;
    },
  },
  LRN: {
    emit: (p, { x }, attributes) => {
      const response = responseOf(attributes);
      return p.mul(x!, p.binary('power', scaleOf(p, x!, response), -response.beta));
    },
  },
  LRNGrad: {
    emit: (p, { x, y, dy }, attributes) => {
      const response = responseOf(attributes);
      const scale = scaleOf(p, x!, response);
      const own = p.mul(dy!, p.binary('power', scale, -response.beta));
      const shared = neighbourhoodSums(p, p.div(p.mul(dy!, y!), scale), response.depthRadius);
      return p.sub(own, p.mul(p.mul(x!, shared), 2 * response.alpha * response.beta));
    },
  },
};
