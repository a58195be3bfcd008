import { z } from 'zod';
import type { Schedule } from '../kinds/schedule.ts';
import { defineComponent } from '../registry.ts';

const warmupSchema = z
  .union([
    z.strictObject({
      length: z.number().int().nonnegative().describe('units of the schedule'),
      from: z.number().nonnegative().describe('rate at unit 0; rises linearly to the base rate and replaces the schedule until then'),
    }),
    z.strictObject({
      length: z.number().int().nonnegative().describe('units of the schedule'),
      factor: z.number().nonnegative().describe('factor on the schedule at unit 0, rising to 1'),
      method: z.enum(['linear', 'constant']).default('linear'),
    }),
  ])
  .describe('warm-up');

const common = {
  unit: z.enum(['epoch', 'step']).default('epoch').describe('what the schedule counts'),
  first: z
    .union([z.literal(0), z.literal(1)])
    .default(0)
    .describe('number of the first epoch or step'),
  warmup: warmupSchema.optional(),
};
const commonSchema = z.strictObject(common);

/** A schedule from the rate at unit `t`, with the warm-up before it. */
function scheduleOf({ unit, first, warmup }: z.output<typeof commonSchema>, main: (t: number, base: number) => number): Schedule {
  const warmed = (t: number, base: number): number => {
    if (!warmup || t >= warmup.length) return main(t, base);
    if ('from' in warmup) return warmup.from + (t * (base - warmup.from)) / warmup.length;
    const share = t / warmup.length;
    return main(t, base) * (warmup.method === 'constant' ? warmup.factor : warmup.factor * (1 - share) + share);
  };
  return { unit, rate: (at, base) => warmed(at + first, base) };
}

/** The base rate all along, after the warm-up. */
export const constantSchedule = defineComponent({
  summary: 'The base rate all along.',
  options: commonSchema,
  build: (options) => scheduleOf(options, (_t, base) => base),
});

/** Times `gamma` at each milestone: `base · gamma^(number of milestones ≤ t)`. */
export const multistepSchedule = defineComponent({
  summary: 'The rate falls by a factor at each milestone.',
  options: z.strictObject({
    ...common,
    milestones: z.array(z.number().nonnegative()).describe('units of the schedule'),
    gamma: z.number().positive().default(0.1),
  }),
  build: ({ milestones, gamma, ...rest }) =>
    scheduleOf(rest, (t, base) => base * gamma ** milestones.filter((milestone) => milestone <= t).length),
});

/** Half a cosine from the base rate to `least` over `length` units: `least + (base − least) (1 + cos(π t / length)) / 2`. */
export const cosineSchedule = defineComponent({
  summary: 'The rate falls along half a cosine.',
  options: z.strictObject({
    ...common,
    length: z.number().positive().describe('units of the schedule'),
    least: z.number().nonnegative().default(0).describe('rate at the end'),
    after: z.enum(['hold', 'rise']).default('hold').describe('stay at the least rate after the end, or go on along the cosine'),
  }),
  build: ({ length, least, after, ...rest }) =>
    scheduleOf(rest, (t, base) =>
      t >= length && after === 'hold' ? least : least + ((base - least) * (1 + Math.cos((Math.PI * t) / length))) / 2,
    ),
});

/** Straight down from the base rate at the end of the warm-up to `least` at `length`. */
export const linearSchedule = defineComponent({
  summary: 'The rate falls linearly.',
  options: z.strictObject({
    ...common,
    length: z.number().positive().describe('units of the schedule, warm-up included'),
    least: z.number().nonnegative().default(0).describe('rate at the end'),
  }),
  build: ({ length, least, ...rest }) => {
    const start = rest.warmup?.length ?? 0;
    return scheduleOf(rest, (t, base) => least + (base - least) * Math.max(0, (length - t) / Math.max(1, length - start)));
  },
});

/** `base · (1 − t / length)^power`, 0 from the end on. */
export const polynomialSchedule = defineComponent({
  summary: 'The rate falls along a power.',
  options: z.strictObject({
    ...common,
    length: z.number().positive().describe('units of the schedule'),
    power: z.number().positive().default(1),
  }),
  build: ({ length, power, ...rest }) => scheduleOf(rest, (t, base) => base * Math.max(0, 1 - t / length) ** power),
});
