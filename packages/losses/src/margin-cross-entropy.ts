import { defineComponent, matchShape, type Component, type Loss, type Tensor } from '@reidkit/core-tensor';
import { z } from 'zod';
import { arcfaceLogits, circleLogits, cosfaceLogits } from './cosine-margins.ts';
import { crossEntropyLoss } from './cross-entropy.ts';

const smoothing = z
  .number()
  .min(0)
  .max(1)
  .default(0)
  .describe('Share of the target that is taken from the label and spread over all classes.');
const scale = (value: number): z.ZodDefault<z.ZodNumber> => z.number().positive().default(value).describe('Factor of the logits.');
const cosine = (value: number): z.ZodDefault<z.ZodNumber> =>
  z.number().min(0).default(value).describe('How much nearer the own class has to be, as a cosine.');

/** Options of `loss/arcface`. */
const arcfaceOptions = z.strictObject({
  scale: scale(30),
  margin: z.number().min(0).default(0.5).describe('Angle by which the own class has to be nearer, in radians.'),
  isMonotonic: z
    .boolean()
    .default(false)
    .describe("Go on falling where angle and margin are more than half a turn, as in the authors' code; fast-reid does not."),
  smoothing,
});

/** Options of `loss/cosface`. */
const cosfaceOptions = z.strictObject({ scale: scale(30), margin: cosine(0.35), smoothing });

/** Options of `loss/circle`. */
const circleOptions = z.strictObject({ scale: scale(64), margin: cosine(0.25), smoothing });

/** Makes logits harder by the labels: `cosines [B, C]`, `labels [B]` → `[B, C]`. */
export type MarginOf = (cosines: Tensor, labels: Tensor) => Tensor;

/**
 * Cross-entropy of cosines that a margin was applied to: `cosines [B, C]`, `labels [B]` int32 → `[]`. Rows with a negative label and padding
 * do not count. Throws SHAPE_MISMATCH.
 */
export function marginCrossEntropy(
  cosines: Tensor,
  labels: Tensor,
  marginOf: MarginOf,
  options: { readonly smoothing?: number; readonly valid?: Tensor } = {},
): Tensor {
  const { B } = matchShape('cosines of a margin loss', cosines.shape, ['B', 'C']);
  matchShape('labels of a margin loss', labels.shape, [B]);
  return crossEntropyLoss(marginOf(cosines, labels), labels, options);
}

interface Common {
  readonly scale: number;
  readonly margin: number;
  readonly smoothing: number;
}

type MakeLogits<O> = (cosines: Tensor, labels: Tensor, options: O) => Tensor;

function marginComponent<S extends z.ZodType<Common>>(
  texts: { readonly summary: string; readonly paper: string },
  options: S,
  logitsOf: MakeLogits<z.output<S>>,
): Component<S, Loss> {
  return defineComponent({
    ...texts,
    options,
    build: (given): Loss => ({
      reads: { cosines: 'outputs.logits.global', labels: 'batch.labels', valid: 'batch.valid' },
      compute: ({ cosines, labels, valid }) =>
        marginCrossEntropy(cosines!, labels!, (values, of) => logitsOf(values, of, given), {
          smoothing: given.smoothing,
          ...(valid ? { valid } : {}),
        }),
    }),
  });
}

/** `loss/arcface`. */
export const arcfaceComponent = marginComponent(
  { summary: 'Cross-entropy of cosines (head/cosine) with a margin on the angle.', paper: 'https://arxiv.org/abs/1801.07698' },
  arcfaceOptions,
  arcfaceLogits,
);

/** `loss/cosface`. */
export const cosfaceComponent = marginComponent(
  { summary: 'Cross-entropy of cosines (head/cosine) with a margin on the cosine.', paper: 'https://arxiv.org/abs/1801.09414' },
  cosfaceOptions,
  cosfaceLogits,
);

/** `loss/circle`. */
export const circleComponent = marginComponent(
  {
    summary: 'Cross-entropy of cosines (head/cosine), each weighed by how far it is from where it should be.',
    paper: 'https://arxiv.org/abs/2002.10857',
  },
  circleOptions,
  circleLogits,
);
