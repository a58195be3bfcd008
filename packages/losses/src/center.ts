import {
  Module,
  cast,
  clipByValue,
  defineComponent,
  gather,
  matchShape,
  maximum,
  normalInit,
  parameter,
  squaredDifference,
  sum,
  type InputName,
  type Loss,
  type Parameter,
  type Tensor,
  type Tensors,
} from '@reidkit/core-tensor';
import { z } from 'zod';
import { meanOver } from './mean-over.ts';
import { rowsInUse } from './pair-masks.ts';

/** Options of `loss/center`. */
const centerOptions = z.strictObject({
  classes: z.number().int().positive().describe('Number of training identities.'),
  width: z.number().int().positive().describe('Width of the embeddings.'),
});

/** Squared distances below the first or above the second count as these, and pass no gradient on. */
const [NEAREST, FARTHEST] = [1e-12, 1e12];

/**
 * Mean squared distance of each embedding to the centre of its identity: `embeddings [B, D]`, `labels [B]` int32, `centers [C, D]` → `[]`.
 * Gradients flow to both; identities that are not in the batch get none. Throws SHAPE_MISMATCH.
 * @see Wen et al., "A Discriminative Feature Learning Approach for Deep Face Recognition" (2016), Eq. 2, without its factor 1/2.
 */
export function centerLoss(embeddings: Tensor, labels: Tensor, centers: Tensor, options: { readonly valid?: Tensor } = {}): Tensor {
  const { B, D } = matchShape('center loss', embeddings.shape, ['B', 'D']);
  matchShape('labels of the center loss', labels.shape, [B]);
  matchShape('centers of the center loss', centers.shape, ['C', D]);
  const own = gather(centers, cast(maximum(labels, 0), 'int32'));
  const distances = clipByValue(sum(squaredDifference(embeddings, own), 1), NEAREST, FARTHEST);
  return meanOver(distances, rowsInUse(labels, options.valid));
}

/** {@link centerLoss} with centres that are learned. */
export class CenterLoss extends Module implements Loss {
  /** `[C, D]` */
  readonly centers: Parameter;
  readonly reads: Readonly<Record<string, InputName>> = {
    embeddings: 'outputs.global',
    labels: 'batch.labels',
    valid: 'batch.valid',
  };

  constructor({ classes, width }: z.output<typeof centerOptions>) {
    super();
    this.centers = parameter([classes, width], normalInit(1));
  }

  /** `[]` of `embeddings [B, D]`, `labels [B]`, `valid [B]`. Throws SHAPE_MISMATCH. */
  compute({ embeddings, labels, valid }: Tensors): Tensor {
    return centerLoss(embeddings!, labels!, this.centers.value, valid ? { valid } : {});
  }
}

/** `loss/center`. */
export const centerComponent = defineComponent({
  summary: 'Squared distance of each embedding to a learned centre of its identity.',
  paper: 'https://ydwen.github.io/papers/WenECCV16.pdf',
  options: centerOptions,
  build: (options): Loss => new CenterLoss(options),
});
