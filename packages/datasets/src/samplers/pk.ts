import { defineComponent, ReidError, type RandomStream, type Sampler, type SamplingTable } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { groupByLabel } from './group-by-label.ts';

const options = z.strictObject({
  identities: z.number().int().min(1).max(1024).default(16).describe('P: identities in a batch'),
  images: z.number().int().min(1).max(1024).default(4).describe('K: images of each'),
  only: z
    .enum(['all', 'one'])
    .default('all')
    .describe('what a batch holds of the K images: all, or one of them, for steps that depend on the identity alone'),
  short: z
    .enum(['repeat', 'fewer', 'leave-out'])
    .default('repeat')
    .describe('identities with fewer than K images: repeat images (drawn with replacement), come with fewer, or are left out'),
});

type Options = z.output<typeof options>;

/** Cuts the images of one identity into groups of K; a remainder waits for another epoch. */
function groupsOf(positions: readonly number[], { images, short }: Options, draws: RandomStream): number[][] {
  if (positions.length >= images) {
    const order = draws.shuffle(positions);
    return Array.from({ length: Math.floor(order.length / images) }, (_, group) => order.slice(group * images, (group + 1) * images));
  }
  if (short === 'leave-out') return [];
  return [short === 'fewer' ? draws.shuffle(positions) : Array.from({ length: images }, () => draws.choice(positions))];
}

/** Takes P of the identities that still have groups, one group each, as long as there are P. */
function takeBatches(groups: Map<number, number[][]>, { identities, images, only }: Options, draws: RandomStream): Int32Array[] {
  const count = only === 'one' ? 1 : images;
  const batches: Int32Array[] = [];
  let open = [...groups.keys()];
  while (open.length >= identities) {
    // The first P steps of a shuffle.
    for (let i = 0; i < identities; i++) {
      const j = i + draws.integer(open.length - i);
      [open[i], open[j]] = [open[j]!, open[i]!];
    }
    batches.push(Int32Array.from(open.slice(0, identities).flatMap((label) => groups.get(label)!.pop()!.slice(0, count))));
    open = open.filter((label) => groups.get(label)!.length > 0);
  }
  return batches;
}

function batchesOf({ labels }: SamplingTable, chosen: Options, draws: RandomStream): Int32Array[] {
  const groups = new Map<number, number[][]>();
  for (const [label, positions] of groupByLabel(labels)) {
    const cut = groupsOf(positions, chosen, draws);
    if (cut.length > 0) groups.set(label, cut);
  }
  if (groups.size >= chosen.identities) return takeBatches(groups, chosen, draws);
  const rule = chosen.short === 'leave-out' ? ` with at least ${chosen.images} images` : '';
  throw new ReidError('DATASET_INVALID', `sampler/pk needs ${chosen.identities} identities${rule} for a batch, there are ${groups.size}.`, {
    hint: `set identities to ${Math.max(1, groups.size)} or less${rule ? ', or short to "repeat"' : ''}.`,
  });
}

/**
 * P identities with K images each, side by side. Images of an identity are shuffled and cut into groups of K; a batch takes P different
 * identities that still have groups; the epoch ends when fewer than P have.
 */
export function pk(chosen: z.input<typeof options> = {}): Sampler {
  const parsed = options.parse(chosen);
  return {
    batchSize: parsed.identities * (parsed.only === 'one' ? 1 : parsed.images),
    batches: (table, random) => batchesOf(table, parsed, random.stream()),
  };
}

/** `sampler/pk`. */
export const pkComponent = defineComponent({
  summary: 'P identities with K images each, for losses that compare images within the batch.',
  paper: 'https://arxiv.org/abs/1703.07737',
  options,
  build: (chosen) => pk(chosen),
});
