import { Parameter, ReidError, add, defineComponent, type Adapter, type Module, type ModulePlace } from '@reidkit/core-tensor';
import { z } from 'zod';
import { Linear } from '../linear.ts';
import type { FixedLinear } from '../token-layer.ts';
import { attachLayers, type LayerAttachment } from './attach-layers.ts';
import { findPlaces, type NamedPlace } from './find-places.ts';
import { LowRank, PACKED_PARTS, type LowRankOptions } from './low-rank.ts';

/** Options of `adapter/lora`. */
const loraOptions = z.strictObject({
  targets: z
    .array(z.string())
    .min(1)
    .describe('Patterns of the projections that it goes on, such as "*.attn.qkv" or "*.in_proj_weight"; `*` stands for any text.'),
  rank: z.number().int().positive().default(8).describe('Width between the two factors.'),
  alpha: z.number().positive().default(16).describe('Factor of what is learned, before it is divided by the rank.'),
  isRankStabilized: z.boolean().default(false).describe('Divide by the root of the rank instead.'),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe('Probability of dropping a number of its input, in training; not on "in_proj_weight".'),
  parts: z
    .array(z.enum(PACKED_PARTS))
    .min(1)
    .optional()
    .describe('Of packed projections (queries, keys and values in one) only these parts, each with factors of its own.'),
});

/** Options of {@link lora} as people write them. */
export type LoraOptions = z.input<typeof loraOptions>;

/** torch's name of a projection to queries, keys and values that is a weight of the attention itself. */
const PACKED = 'in_proj_weight';

function packedWeight(module: Module): Parameter | undefined {
  const found = (module as unknown as Record<string, unknown>)[PACKED];
  return Parameter.is(found) ? found : undefined;
}

/** Outputs and inputs of a linear map, whatever its weight is made of. */
function linearShape(module: Module): readonly number[] | undefined {
  return module instanceof Linear ? module.weight.shape : (module as Partial<FixedLinear>).linearShape;
}

/** Paths by which a place can be named: that of a linear map, and that of a packed weight. */
function pathsAt({ path, module }: ModulePlace): string[] {
  if (linearShape(module)) return [path];
  return packedWeight(module) ? [`${path}.${PACKED}`] : [];
}

function refuse(where: string, sentence: string, hint: string): never {
  throw new ReidError('INVALID_OPTIONS', `adapter/lora on "${where}" ${sentence}`, { hint });
}

function lowRankFor(path: string, [outputs, inputs]: readonly number[], options: z.output<typeof loraOptions>): LowRank {
  const { rank, alpha, isRankStabilized, dropout, parts } = options;
  if (parts && outputs! % PACKED_PARTS.length !== 0) {
    refuse(path, `expected three parts of equal width, got ${outputs} outputs.`, 'leave "parts" out for projections that are not packed.');
  }
  const scale = alpha / (isRankStabilized ? Math.sqrt(rank) : rank);
  const sizes: LowRankOptions = { inputs: inputs!, outputs: outputs!, rank, scale, dropout, parts };
  return new LowRank(sizes);
}

/** Beside a linear map: `W x + B A x`. */
function besideLinear({ path, place }: NamedPlace, options: z.output<typeof loraOptions>): LayerAttachment {
  const low = lowRankFor(path, linearShape(place.module)!, options);
  const merges = place.module instanceof Linear ? { merges: { weight: place.module.weight, delta: () => low.matrix() } } : {};
  return { place, added: low.tree, run: (next, x, ctx) => add(next(x), low.forward(x, ctx)), ...merges };
}

/** On a weight that the layer uses itself: while the layer works the weight is `W + B A`. */
function onPackedWeight({ path, place }: NamedPlace, options: z.output<typeof loraOptions>): LayerAttachment {
  const weight = packedWeight(place.module)!;
  if (options.dropout > 0) refuse(path, 'cannot drop inputs: it is added to a weight.', 'leave "dropout" out.');
  const low = lowRankFor(path, weight.shape, options);
  return {
    place,
    added: low.tree,
    run: (next, x) => Parameter.borrow([[weight, add(weight.value, low.matrix())]], () => next(x)),
    merges: { weight, delta: () => low.matrix() },
  };
}

/**
 * Low-rank adaptation: beside each chosen projection a product of two thin ones, the second of which starts at zero. Its parameters are named
 * as in peft's files, `<path>.lora_A.weight [rank, in]` and `<path>.lora_B.weight [out, rank]`; on "in_proj_weight" the path is that of the
 * attention. Throws ZodError for options that do not fit; attaching throws UNKNOWN_NAME or INVALID_OPTIONS.
 * @see Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2022), Eq. 3.
 */
export function lora(options: LoraOptions): Adapter {
  const parsed = loraOptions.parse(options);
  return {
    attach: (module) => {
      const places = findPlaces(module, parsed.targets, pathsAt);
      const attachments = places.map((named) => (linearShape(named.place.module) ? besideLinear : onPackedWeight)(named, parsed));
      return attachLayers(module, attachments);
    },
  };
}

/** `adapter/lora`. */
export const loraComponent = defineComponent({
  summary: 'Low-rank adaptation of projections; can be merged into them.',
  paper: 'https://arxiv.org/abs/2106.09685',
  options: loraOptions,
  build: (options): Adapter => lora(options),
});
