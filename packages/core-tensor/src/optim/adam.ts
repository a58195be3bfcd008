import { z } from 'zod';
import { hostTensor, sizeOf } from '../host-tensor.ts';
import type { Optimizer, OptimizerInputs } from '../kinds/optimizer.ts';
import { defineComponent } from '../registry.ts';
import { adamUpdate } from '../ops/adam-update.ts';
import { add, div, mul, rsqrt, sub, type Tensor } from '../tensor.ts';
import { commonOptions, parameterGroups } from './groups.ts';
import { updateEach } from './update-each.ts';

const options = z.strictObject({
  ...commonOptions,
  betas: z
    .tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)])
    .default([0.9, 0.999])
    .describe('decay of the two moments'),
  epsilon: z.number().positive().default(1e-8),
  amsgrad: z.boolean().default(false).describe('divide by the largest second moment so far'),
  stepPerParameter: z
    .boolean()
    .default(false)
    .describe('count the steps of each parameter by itself; for models of which some steps train only a part'),
});
type AdamOptions = z.output<typeof options>;

/** Name of the bias correction in the state: one for all, or one for each parameter. */
const correctionName = (which: 1 | 2, path: string, { stepPerParameter }: AdamOptions): string =>
  stepPerParameter ? `correction${which}.${path}` : `correction${which}`;

/** `1 − βᵗ` of the next step from that of this one. The recurrence keeps it exact where βᵗ is close to 1. */
const nextCorrection = (correction: Tensor, beta: number): Tensor => add(mul(correction, beta), 1 - beta);

function adamOptimizer(chosen: AdamOptions, decay: 'gradient' | 'decoupled'): Optimizer {
  const [beta1, beta2] = chosen.betas;
  const slotNames = ['exp_avg', 'exp_avg_sq', ...(chosen.amsgrad ? ['max_exp_avg_sq'] : [])];
  const update = (inputs: OptimizerInputs): ReturnType<Optimizer['update']> => {
    const corrections: Record<string, Tensor> = {};
    const correction = (which: 1 | 2, path: string): Tensor => {
      const name = correctionName(which, path, chosen);
      return (corrections[name] ??= nextCorrection(inputs.state[name]!, which === 1 ? beta1 : beta2));
    };
    const perStep: Record<string, Tensor> = {};
    const shared = (name: string, make: () => Tensor): Tensor => (perStep[name] ??= make());
    const outputs = updateEach(chosen, inputs, ({ path, parameter, gradient, rate, rateName, weightDecay, slot }) => {
      const counter = chosen.stepPerParameter ? path : '';
      const decayed = weightDecay !== 0 && decay === 'gradient' ? add(gradient, mul(parameter, weightDecay)) : gradient;
      const stride = shared(`stride ${rateName} ${counter}`, () => div(rate, correction(1, path)));
      const scale = shared(`scale ${counter}`, () => rsqrt(correction(2, path)));
      const from = weightDecay !== 0 && decay === 'decoupled' ? mul(parameter, sub(1, mul(rate, weightDecay))) : parameter;
      const largest: Record<string, Tensor> = chosen.amsgrad ? { largest: slot('max_exp_avg_sq') } : {};
      const [moved, ...moments] = adamUpdate(
        { parameter: from, gradient: decayed, first: slot('exp_avg'), second: slot('exp_avg_sq'), stride, scale, ...largest },
        { beta1, beta2, epsilon: chosen.epsilon },
      );
      const slots = Object.fromEntries(slotNames.map((name, i) => [name, moments[i]!]));
      return { parameter: moved!, slots };
    });
    return { ...outputs, state: { ...outputs.state, ...corrections } };
  };
  return {
    update,
    init: (shapes) => {
      const slots = Object.entries(shapes).flatMap(([path, shape]) =>
        slotNames.map((slot) => [`${slot}.${path}`, hostTensor(new Float32Array(sizeOf(shape)), shape)] as const),
      );
      const paths = chosen.stepPerParameter ? Object.keys(shapes) : [''];
      const corrections = paths.flatMap((path) =>
        ([1, 2] as const).map((which) => [correctionName(which, path, chosen), hostTensor([0], [])] as const),
      );
      return Object.fromEntries([...slots, ...corrections]);
    },
    hyper: (rateOf) => Object.fromEntries(Object.entries(parameterGroups(chosen).rates).map(([name, base]) => [name, rateOf(base)])),
  };
}

/** Adam with L2 weight decay in the gradient, and AMSGrad, as `torch.optim.Adam`. */
export const adam = defineComponent({
  summary: 'Adam, with weight decay added to the gradient; AMSGrad by option.',
  paper: 'Kingma and Ba, "Adam: a method for stochastic optimization" (2015); Reddi et al., "On the convergence of Adam and beyond" (2018)',
  options,
  build: (chosen): Optimizer => adamOptimizer(chosen, 'gradient'),
});

/** Adam with decoupled weight decay, as `torch.optim.AdamW`. */
export const adamW = defineComponent({
  summary: 'Adam with decoupled weight decay.',
  paper: 'Loshchilov and Hutter, "Decoupled weight decay regularization" (2019)',
  options: options.extend({ weightDecay: z.number().nonnegative().default(0.01) }),
  build: (chosen): Optimizer => adamOptimizer(chosen, 'decoupled'),
});
