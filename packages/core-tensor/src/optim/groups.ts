import { z } from 'zod';
import { pathPattern } from '../path-pattern.ts';

/** Options of a group of parameters that differ from the rest. */
const groupSchema = z.strictObject({
  match: z.string().describe('pattern of parameter paths; `*` stands for any text'),
  rate: z.number().nonnegative().optional().describe('base learning rate of the group instead of the common one'),
  rateFactor: z.number().nonnegative().default(1).describe('multiplies the base learning rate'),
  weightDecay: z.number().nonnegative().optional().describe('weight decay of the group instead of the common one'),
});

/** How gradients are cut before the update. */
const clipSchema = z
  .union([
    z.strictObject({ norm: z.number().positive().describe('largest Euclidean length of the whole gradient') }),
    z.strictObject({ value: z.number().positive().describe('largest absolute value of each number') }),
  ])
  .describe('gradient clipping');

/** Options that every optimizer takes. */
export const commonOptions = {
  rate: z.number().nonnegative().describe('base learning rate'),
  weightDecay: z.number().nonnegative().default(0),
  groups: z.array(groupSchema).default([]).describe('the first group that matches a parameter counts'),
  clip: clipSchema.optional(),
};

/** The common options, parsed. */
export interface CommonOptions {
  readonly rate: number;
  readonly weightDecay: number;
  readonly groups: readonly z.output<typeof groupSchema>[];
  readonly clip?: z.output<typeof clipSchema> | undefined;
}

/** The settings of one parameter: which learning rate scalar it reads, and its decay. */
export interface ParameterSettings {
  readonly rateName: string;
  readonly weightDecay: number;
}

/** Learning rates by name and settings by path. Group 0 holds what matches no group. */
export function parameterGroups({ rate, weightDecay, groups }: CommonOptions): {
  readonly rates: Readonly<Record<string, number>>;
  settings(path: string): ParameterSettings;
} {
  const all = groups.map((group) => ({
    test: pathPattern(group.match),
    base: (group.rate ?? rate) * group.rateFactor,
    weightDecay: group.weightDecay ?? weightDecay,
  }));
  const rates = Object.fromEntries([rate, ...all.map(({ base }) => base)].map((base, i) => [`rate.${i}`, base]));
  return {
    rates,
    settings(path) {
      const found = all.findIndex(({ test }) => test(path));
      return { rateName: `rate.${found + 1}`, weightDecay: all[found]?.weightDecay ?? weightDecay };
    },
  };
}
