import {
  Module, buffer, cast, defineComponent, div, equal, expandDims, gather, less, logicalAnd, logicalNot, logicalOr, matMul, matchShape, max, maximum, movingAverage, mul, normalInit, normalizeRows, notEqual, oneHot, range,
  slice, stopGradient, sum, transpose, where, type Context, type InputName, type Loss, type Parameter, type Tensor, type Tensors,
} from '@reidkit/core-tensor'; // prettier-ignore
import { z } from 'zod';
import { imageToTextLoss } from './image-to-text.ts';
import { pairMasks } from './pair-masks.ts';

/** Options of `loss/prototype-contrast`. */
const prototypeContrastOptions = z.strictObject({
  classes: z.number().int().positive().describe('Number of training identities.'),
  width: z.number().int().positive().describe('Width of the embeddings.'),
  temperature: z.number().positive().default(0.01).describe('Divides the cosines.'),
  update: z
    .enum(['hardest', 'all', 'mean', 'none'])
    .default('hardest')
    .describe("What moves an identity's prototype: its sample that is least like it, every sample in turn, their mean, or nothing."),
  momentum: z.number().min(0).max(1).default(0.2).describe('Share of the old prototype that an update keeps.'),
  renormalise: z.boolean().default(true).describe('Bring a prototype back to length 1 after its update.'),
});

/** How {@link movedPrototypes} moves them. */
export type PrototypeUpdate = Pick<z.output<typeof prototypeContrastOptions>, 'update' | 'momentum' | 'renormalise'>;

/** A batch as an update of prototypes sees it; nothing of it carries a gradient. */
interface Samples {
  /** Of length 1: `[B, D]`. */
  readonly embeddings: Tensor;
  /** Their prototypes: `[B, D]`. */
  readonly own: Tensor;
  /** Whether two samples are of one identity: `[B, B]`, false for padding. */
  readonly alike: Tensor;
}

type Moved = (old: Tensor, sample: Tensor) => Tensor;

/** New prototypes of the samples that are to be moved `[B, D]`, and which of them count `[B]`. */
interface Moves {
  readonly rows: Tensor;
  readonly chosen: Tensor;
}

/** Whether any of a row's pairs holds: `[B, B] → [B]`. */
const any = (pairs: Tensor): Tensor => notEqual(max(cast(pairs, 'float32'), 1), 0);

/** Whether the second sample of a pair stands in front of the first: `[B, B]`. */
function isEarlier(count: number): Tensor {
  const place = range(0, count, 1, 'int32');
  return less(expandDims(place, 0), expandDims(place, 1));
}

/** The samples that no other of their identity beats: `alike, beats [B, B] → [B]`. */
const unbeaten = (alike: Tensor, beats: Tensor): Tensor => logicalAnd(any(alike), logicalNot(any(logicalAnd(alike, beats))));

/** The sample of each identity that is least like its prototype; of equal ones the first. */
function hardest({ embeddings, own, alike }: Samples, moved: Moved): Moves {
  const cosines = sum(mul(embeddings, own), 1);
  const [mine, other] = [expandDims(cosines, 1), expandDims(cosines, 0)];
  const isHarder = logicalOr(less(other, mine), logicalAnd(equal(other, mine), isEarlier(alike.shape[0]!)));
  return { rows: moved(own, embeddings), chosen: unbeaten(alike, isHarder) };
}

/** The mean of the samples of each identity. */
function mean({ embeddings, own, alike }: Samples, moved: Moved): Moves {
  const weights = cast(alike, 'float32');
  const means = div(matMul(weights, embeddings), maximum(sum(weights, 1, true), 1));
  return { rows: moved(own, means), chosen: unbeaten(alike, isEarlier(alike.shape[0]!)) };
}

/** Every sample in the order of the batch, each on what the one before left. */
function all({ embeddings, own, alike }: Samples, moved: Moved): Moves {
  const [count, width] = embeddings.shape as [number, number];
  let rows = own;
  for (let at = 0; at < count; at++) {
    rows = where(slice(alike, [0, at], [count, 1]), moved(rows, slice(embeddings, [at, 0], [1, width])), rows);
  }
  return { rows, chosen: unbeaten(alike, isEarlier(alike.shape[0]!)) };
}

const UPDATES = { hardest, mean, all };

/**
 * Prototypes after a batch: `prototypes [C, D]`, `embeddings [B, D]` (their lengths do not count), `labels [B]` int32 → `[C, D]`. Identities that
 * are not in the batch keep theirs; a row with a negative label and padding move nothing. No gradient flows.
 * @see "Multi-Grained Vision-Language Alignment for Domain Generalized Person Re-Identification", Eq. 3.
 */
export function movedPrototypes(
  prototypes: Tensor,
  embeddings: Tensor,
  labels: Tensor,
  { update, momentum, renormalise, valid }: PrototypeUpdate & { readonly valid?: Tensor | undefined },
): Tensor {
  const held = stopGradient(prototypes);
  if (update === 'none') return held;
  const identities = cast(maximum(labels, 0), 'int32');
  const own = gather(held, identities);
  const alike = pairMasks(labels, valid).same;
  const moved: Moved = (old, sample) => {
    const { row } = movingAverage({ row: old }, { row: sample }, momentum);
    return renormalise ? normalizeRows(row!) : row!;
  };
  const moves = UPDATES[update]({ embeddings: normalizeRows(stopGradient(embeddings)), own, alike }, moved);
  const chosen = expandDims(cast(moves.chosen, 'float32'), 1);
  const places = mul(oneHot(identities, held.shape[0]!), chosen); // [B, C]
  const touched = notEqual(sum(places, 0), 0);
  return where(expandDims(touched, 1), matMul(transpose(places), moves.rows), held);
}

/**
 * Cross-entropy of each embedding against one prototype per identity, whose cosines are the logits. The prototypes are a buffer: no gradient
 * reaches them; in training each batch moves those of its identities, after it was compared with the old ones.
 * @see "Multi-Grained Vision-Language Alignment for Domain Generalized Person Re-Identification", Eq. 2 and 3.
 */
export class PrototypeContrast extends Module implements Loss {
  /** `[C, D]` */
  readonly prototypes: Parameter;
  readonly reads: Readonly<Record<string, InputName>> = {
    embeddings: 'outputs.global.bn',
    labels: 'batch.labels',
    valid: 'batch.valid',
  };
  readonly #options: z.output<typeof prototypeContrastOptions>;

  constructor(options: z.input<typeof prototypeContrastOptions>) {
    super();
    this.#options = prototypeContrastOptions.parse(options);
    this.prototypes = buffer([this.#options.classes, this.#options.width], normalInit(1));
  }

  /** `[]` of `embeddings [B, D]`, `labels [B]`, `valid [B]`. Throws SHAPE_MISMATCH. */
  compute({ embeddings, labels, valid }: Tensors, ctx: Context): Tensor {
    const { temperature, ...how } = this.#options;
    matchShape('prototype contrast', embeddings!.shape, ['B', how.width]);
    const prototypes = stopGradient(this.prototypes.value);
    if (ctx.training && how.update !== 'none')
      ctx.update(this.prototypes, movedPrototypes(prototypes, embeddings!, labels!, { ...how, valid }));
    return imageToTextLoss(embeddings!, prototypes, labels!, { normalize: true, temperature, ...(valid ? { valid } : {}) });
  }
}

/** `loss/prototype-contrast`. */
export const prototypeContrastComponent = defineComponent({
  summary: 'Cross-entropy of embeddings against a moving prototype of each identity (cluster memory).',
  paper: 'https://arxiv.org/abs/2603.14012',
  options: prototypeContrastOptions,
  build: (options): Loss => new PrototypeContrast(options),
});
