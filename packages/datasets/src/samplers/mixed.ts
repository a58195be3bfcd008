import {
  defineComponent,
  nodeOf,
  ReidError,
  type Random,
  type RandomStream,
  type Sampler,
  type SamplingTable,
} from '@reidkit/core-tensor/base';
import { z } from 'zod';

/** One source: its batches as positions in the whole table. */
interface Source {
  readonly domain: number;
  readonly batches: readonly Int32Array[];
}

/** Batches of the records of one source, drawn as if there were no others. Labels are made contiguous for the sampler. */
function batchesOf(domain: number, { labels, cameras, domains }: SamplingTable, sampler: Sampler, random: Random): Int32Array[] {
  const positions = Int32Array.from(labels.keys()).filter((position) => (domains?.[position] ?? 0) === domain);
  const order = new Map([...new Set(positions.map((position) => labels[position]!))].sort((a, b) => a - b).map((label, i) => [label, i]));
  const own: SamplingTable = {
    labels: positions.map((position) => (labels[position]! < 0 ? -1 : order.get(labels[position]!)!)),
    cameras: positions.map((position) => cameras[position]!),
  };
  return sampler.batches(own, random.fork('domain', domain)).map((batch) => batch.map((at) => positions[at]!));
}

/** Sources in turn; one that is at its end is left out, or all end with the first that does. */
function inTurn(sources: readonly Source[], end: 'shortest' | 'longest'): Int32Array[] {
  const rounds = sources.map(({ batches }) => batches.length);
  const count = end === 'shortest' ? Math.min(...rounds) : Math.max(...rounds);
  return Array.from({ length: count }, (_, round) => sources.flatMap(({ batches }) => (batches[round] ? [batches[round]] : []))).flat();
}

/** Sources drawn by weight until one that is drawn has no batch left: shares stay those of the weights. */
function byWeight(sources: readonly Source[], weights: readonly number[], draws: RandomStream): Int32Array[] {
  const total = sources.reduce((sum, { domain }) => sum + weights[domain]!, 0);
  const used = sources.map(() => 0);
  const drawn: Int32Array[] = [];
  for (;;) {
    let left = draws.uniform(0, total);
    const chosen = sources.findIndex(({ domain }) => (left -= weights[domain]!) < 0);
    const source = chosen < 0 ? sources.length - 1 : chosen;
    const batch = sources[source]!.batches[used[source]!++];
    if (!batch) return drawn;
    drawn.push(batch);
  }
}

/**
 * `sampler/mixed`: every batch comes from one source (`domain` of the records), by a sampler of its own; sources take turns, or are drawn by
 * weight. Its batches throw DATASET_INVALID when weights and sources do not meet, and what the inner sampler throws.
 */
export const mixed = defineComponent({
  summary: 'Batches of several sources, each from one of them, in turn or by weight.',
  options: z
    .strictObject({
      sampler: nodeOf('sampler').describe('draws the batches of each source'),
      order: z.enum(['in-turn', 'by-weight']).default('in-turn').describe('how sources follow one another'),
      weights: z
        .array(z.number().positive())
        .min(1)
        .optional()
        .describe('share of each source, in the order of their names; for "by-weight"'),
      end: z
        .enum(['shortest', 'longest'])
        .default('longest')
        .describe('with "in-turn": an epoch ends with the shortest source, or goes on with those that are left'),
    })
    .refine(({ order, weights }) => (order === 'by-weight') === (weights !== undefined), {
      error: 'expected weights with the order "by-weight", and only then',
      path: ['weights'],
    }),
  build: ({ sampler: node, weights, end }, use): Sampler => {
    const inner = use<Sampler>(node);
    return {
      batchSize: inner.batchSize,
      batches: (table, random) => {
        const found = [...new Set(table.domains ?? table.labels.map(() => 0))].sort((a, b) => a - b);
        if (found.length === 0) throw new ReidError('DATASET_INVALID', 'sampler/mixed: there are no images.');
        if (weights && weights.length !== found.length) {
          throw new ReidError(
            'DATASET_INVALID',
            `sampler/mixed has ${weights.length} weights, the records come from ${found.length} sources.`,
            {
              hint: 'give one weight for each source, in the order of their names.',
            },
          );
        }
        const sources = found.map((domain): Source => ({ domain, batches: batchesOf(domain, table, inner, random) }));
        const shares = Object.fromEntries(found.map((domain, i) => [domain, weights?.[i] ?? 1]));
        return weights ? byWeight(sources, found.map((domain) => shares[domain]!), random.fork('order').stream()) : inTurn(sources, end); // prettier-ignore
      },
    };
  },
});
