import { z } from 'zod';
import { hostTensor, sizeOf } from '../host-tensor.ts';
import type { Optimizer } from '../kinds/optimizer.ts';
import { defineComponent } from '../registry.ts';
import { add, mul, onesLike, sub, type Tensor } from '../tensor.ts';
import { commonOptions, parameterGroups } from './groups.ts';
import { updateEach, type OneUpdate } from './update-each.ts';

const options = z.strictObject({
  ...commonOptions,
  momentum: z.number().min(0).max(1).default(0),
  dampening: z.number().min(0).max(1).default(0).describe('share of the gradient kept out of the momentum, from the second step on'),
  nesterov: z.boolean().default(false),
});

function direction(
  one: OneUpdate,
  decayed: Tensor,
  { momentum, dampening, nesterov }: z.output<typeof options>,
): [Tensor, Record<string, Tensor>] {
  if (momentum === 0) return [decayed, {}];
  // torch starts the buffer with the whole gradient: dampening counts from the second step on.
  const started = dampening === 0 ? undefined : one.slot('momentum_started');
  const fresh = started ? mul(decayed, sub(1, mul(started, dampening))) : decayed;
  const buffer = add(mul(one.slot('momentum_buffer'), momentum), fresh);
  const slots = { momentum_buffer: buffer, ...(started ? { momentum_started: onesLike(started) } : {}) };
  return [nesterov ? add(decayed, mul(buffer, momentum)) : buffer, slots];
}

/** Stochastic gradient descent with momentum, dampening, Nesterov's form and L2 weight decay, as `torch.optim.SGD`. */
export const sgd = defineComponent({
  summary: 'Stochastic gradient descent with momentum.',
  options,
  build: (chosen): Optimizer => ({
    init: (shapes) => {
      if (chosen.momentum === 0) return {};
      return Object.fromEntries(
        Object.entries(shapes).flatMap(([path, shape]) => [
          [`momentum_buffer.${path}`, hostTensor(new Float32Array(sizeOf(shape)), shape)],
          ...(chosen.dampening === 0 ? [] : [[`momentum_started.${path}`, hostTensor([0], [])] as const]),
        ]),
      );
    },
    hyper: (rateOf) => Object.fromEntries(Object.entries(parameterGroups(chosen).rates).map(([name, base]) => [name, rateOf(base)])),
    update: (inputs) =>
      updateEach(chosen, inputs, (one) => {
        const decayed = one.weightDecay === 0 ? one.gradient : add(one.gradient, mul(one.parameter, one.weightDecay));
        const [towards, slots] = direction(one, decayed, chosen);
        return { parameter: sub(one.parameter, mul(towards, one.rate)), slots };
      }),
  }),
});
