import type { Module, Parameter } from '@reidkit/core-tensor';
import { ReidError, add, attention, cast, defineComponent, max, mul, parameter, reshape, slice, stopGradient, sub, tanh, transpose, zerosInit, type Adapter, type Context, type ModulePlace, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { z } from 'zod';
import { LayerNorm } from '../layer-norm.ts';
import { Linear } from '../linear.ts';
import type { AttentionInside, LayerCall, TokenLayer } from '../token-layer.ts';
import { attachLayers, type LayerAttachment } from './attach-layers.ts';
import { findPlaces } from './find-places.ts';

/** Options of `adapter/gated-side-attention`. */
const gatedSideOptions = z.strictObject({
  targets: z
    .array(z.string())
    .min(1)
    .default(['*.attn'])
    .describe('Patterns of the attentions that it goes into; "blocks.6.attn" is that of one layer.'),
  keys: z
    .enum(['own', 'shared'])
    .default('own')
    .describe('Whether side tokens have keys and values of their own ("instruction_k", "instruction_v") or those of the attention.'),
  gate: z.enum(['layer', 'head']).default('layer').describe('One gate for all heads of a layer, or one for each.'),
  bounded: z.boolean().default(false).describe('Take the hyperbolic tangent of the gate.'),
  rounding: z
    .enum(['none', 'half'])
    .default('none')
    .describe('Round the factor to 11 binary digits, those of half precision, as released code does; gradients pass as if it were not.'),
  sideNorm: z.boolean().default(false).describe('Normalise the side tokens by a layer norm of each layer first ("instruction_norm").'),
  sideWidth: z.number().int().positive().optional().describe('Width of the side tokens. Default: that of the tokens.'),
  width: z.number().int().positive().optional().describe('Width of the tokens, where the module does not say it.'),
  epsilon: z.number().positive().default(1e-6).describe('Added to the variance in the layer norm.'),
});

/** Options of {@link gatedSideAttention} as people write them. */
export type GatedSideAttentionOptions = z.input<typeof gatedSideOptions>;
type Chosen = z.output<typeof gatedSideOptions>;

/** What one attention gets: its gate, and by option keys, values and a norm of the side tokens. */
interface SideParts {
  readonly gate: Parameter;
  readonly instruction_k?: Linear;
  readonly instruction_v?: Linear;
  readonly instruction_norm?: LayerNorm;
}

/** The score of side tokens that are masked out: its exponential is 0 beside any other, and a row without any other stays finite. */
const MASKED = -1e9;

/** x to 11 binary digits: the split of Veltkamp, exact in float32. */
function roundedToHalf(x: Tensor): Tensor {
  const fixed = stopGradient(x);
  const wide = mul(fixed, 2 ** 13 + 1);
  return add(x, sub(sub(wide, sub(wide, fixed)), fixed));
}

function factorOf({ gate }: SideParts, { bounded, rounding }: Chosen): Tensor {
  const plain = bounded ? tanh(gate.value) : gate.value;
  return reshape(rounding === 'half' ? roundedToHalf(plain) : plain, [1, gate.shape.reduce((a, b) => a * b, 1), 1, 1]);
}

/** Keys and values of side tokens `[B, M, E]`: two of `[B, M, D]`. */
function keysAndValues(tokens: Tensor, parts: SideParts, inside: AttentionInside, ctx: Context): readonly [Tensor, Tensor] {
  const side = parts.instruction_norm?.forward(tokens, ctx) ?? tokens;
  if (parts.instruction_k && parts.instruction_v) return [parts.instruction_k.forward(side, ctx), parts.instruction_v.forward(side, ctx)];
  const packed = inside.project(side);
  const [B, M, triple] = packed.shape as [number, number, number];
  const part = (at: number): Tensor => slice(packed, [0, 0, (at * triple) / 3], [B, M, triple / 3]);
  return [part(1), part(2)];
}

/** What the side tokens say to each token, gated: `[B, N, D]`, before the output projection. */
function sideTerm(
  inside: AttentionInside,
  side: NonNullable<LayerCall['side']>,
  heads: number,
  parts: SideParts,
  options: Chosen,
  ctx: Context,
): Tensor {
  const [B, N, triple] = inside.packed.shape as [number, number, number];
  const width = triple / 3;
  const apart = (x: Tensor): Tensor => transpose(reshape(x, [B, x.shape[1]!, heads, width / heads]), [0, 2, 1, 3]);
  const [keys, values] = keysAndValues(side.tokens, parts, inside, ctx);
  const mask = side.mask && cast(side.mask, 'float32');
  const bias = mask && reshape(mul(sub(1, mask), MASKED), [B, 1, 1, side.tokens.shape[1]!]);
  const queries = apart(slice(inside.packed, [0, 0, 0], [B, N, width]));
  const told = attention(queries, apart(keys), apart(values), { scale: inside.scale, ...(bias ? { bias } : {}) });
  const gated = mul(told, factorOf(parts, options));
  const joined = reshape(transpose(gated, [0, 2, 1, 3]), [B, N, width]);
  // A row of padding alone says nothing.
  return mask ? mul(joined, reshape(max(mask, 1), [B, 1, 1])) : joined;
}

const isAttention = ({ module }: ModulePlace): boolean => (module as Partial<TokenLayer>).heads !== undefined;

function widthOf(root: Module, { width }: Chosen, path: string): number {
  const known = width ?? (root as { width?: unknown }).width;
  if (typeof known === 'number') return known;
  throw new ReidError('INVALID_OPTIONS', `adapter/gated-side-attention at "${path}" does not know the width of the tokens there.`, {
    hint: 'set its option "width".',
  });
}

function refuseSharedWidth(width: number, { keys, sideWidth = width }: Chosen): void {
  if (keys === 'own' || sideWidth === width) return;
  throw new ReidError(
    'INVALID_OPTIONS',
    `adapter/gated-side-attention with shared keys expected side tokens of width ${width}, got ${sideWidth}.`,
    {
      hint: 'take keys "own", which project from any width.',
    },
  );
}

function partsOf(width: number, heads: number, { keys, gate, sideNorm, sideWidth = width, epsilon }: Chosen): SideParts {
  const count = gate === 'head' ? heads : 1;
  return {
    // Released code, which shares the keys, stores one gate per head as it broadcasts to the scores.
    gate: parameter(keys === 'shared' ? [1, count, 1, 1] : [count], zerosInit),
    ...(keys === 'own'
      ? {
          instruction_k: new Linear({ inputs: sideWidth, outputs: width }),
          instruction_v: new Linear({ inputs: sideWidth, outputs: width }),
        }
      : {}),
    ...(sideNorm ? { instruction_norm: new LayerNorm({ width: sideWidth, epsilon }) } : {}),
  };
}

/**
 * Lets attentions attend to tokens of another source (`side`), such as those of an instruction: `softmax(q kᵀ) v + g · softmax(q k′ᵀ) v′`, two
 * softmaxes, with a gate g that starts at zero, so that the module at first computes what it did, bit for bit. Without side tokens it is as if it
 * were not there. Its parameters are `<attention>.gate`, `.instruction_k.*`, `.instruction_v.*` and `.instruction_norm.*`. Throws ZodError for
 * options that do not fit; attaching throws UNKNOWN_NAME or INVALID_OPTIONS.
 * @see Instruct-ReID (2023), Eq. 1-4; Zhang et al., "LLaMA-Adapter" (2023), Eq. 5-8, for the bounded gate of each head.
 */
export function gatedSideAttention(options: GatedSideAttentionOptions = {}): Adapter {
  const chosen = gatedSideOptions.parse(options);
  return {
    attach: (module) => {
      const places = findPlaces(module, chosen.targets, (place) => (isAttention(place) ? [place.path] : []));
      const attachments = places.map(({ place }): LayerAttachment => {
        const width = widthOf(module, chosen, place.path);
        refuseSharedWidth(width, chosen);
        const heads = (place.module as TokenLayer).heads!;
        const parts = partsOf(width, heads, chosen);
        return {
          place,
          added: { ...parts },
          usesSide: true,
          run: (next, x, ctx, call) => {
            const side = call?.side;
            if (!side) return next(x);
            return next(x, { addToHeads: (inside) => sideTerm(inside, side, heads, parts, chosen, ctx) });
          },
        };
      });
      return attachLayers(module, attachments);
    },
  };
}

/** `adapter/gated-side-attention`. */
export const gatedSideAttentionComponent = defineComponent({
  summary: 'Attention to tokens of another source, such as an instruction, behind gates that start at zero.',
  paper: 'https://arxiv.org/abs/2306.07520',
  options: gatedSideOptions,
  build: (options): Adapter => gatedSideAttention(options),
});
