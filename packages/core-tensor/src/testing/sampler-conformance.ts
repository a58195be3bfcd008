import type { Sampler, SamplingTable } from '../kinds/sampler.ts';
import { Random } from '../random.ts';
import { demand, demandRefusal, type ConformanceCheck } from './conformance-check.ts';

/** What the sampler is tried on and which of the usual promises it makes. */
export interface SamplerConformanceOptions {
  /** The records it draws from. Default: 12 identities with 3 to 9 images under 3 cameras. */
  readonly table?: SamplingTable;
  /** Gives the records in an order of its own, whatever the random numbers. Default: false. */
  readonly isOrdered?: boolean;
  /** Images of each identity that stand together in a full batch, for samplers that promise it. */
  readonly perIdentity?: number;
}

/** 12 identities with 3 to 9 images each, in random order. */
function usualTable(): SamplingTable {
  const stream = Random.seed(23).stream();
  const labels = Array.from({ length: 12 }, (_, label) => Array<number>(3 + stream.integer(7)).fill(label)).flat();
  const order = Int32Array.from(stream.shuffle(labels));
  return { labels: order, cameras: order.map(() => stream.integer(3)), domains: order.map(() => 0) };
}

const text = (batches: readonly Int32Array[]): string => batches.map((batch) => batch.join(' ')).join('\n');

function demandBatches(sampler: Sampler, batches: readonly Int32Array[], { labels }: SamplingTable): void {
  demand(batches.length > 0, 'It gives no batch.');
  batches.forEach((batch, number) => {
    const isLast = number === batches.length - 1;
    const fits = batch.length === sampler.batchSize || (isLast && batch.length > 0 && batch.length < sampler.batchSize);
    demand(fits, `Batch ${number} of ${batches.length} has ${batch.length} records instead of ${sampler.batchSize}.`);
    const outside = batch.find((position) => position < 0 || position >= labels.length);
    demand(outside === undefined, `Batch ${number} holds the position ${outside}, the table has ${labels.length} records.`);
  });
}

function demandGroups(batches: readonly Int32Array[], { labels }: SamplingTable, { batchSize }: Sampler, perIdentity: number): void {
  for (const [number, batch] of batches.entries()) {
    if (batch.length < batchSize) continue;
    const counts = new Map<number, number>();
    for (const position of batch) counts.set(labels[position]!, (counts.get(labels[position]!) ?? 0) + 1);
    for (const [label, count] of counts) {
      demand(count === perIdentity, `Batch ${number} holds ${count} images of identity ${label} instead of ${perIdentity}.`);
    }
  }
}

/** What every sampler keeps to. */
export function samplerConformance(make: () => Sampler, options: SamplerConformanceOptions = {}): ConformanceCheck[] {
  const { table = usualTable(), isOrdered = false, perIdentity } = options;
  const place = (epoch: number): Random => Random.seed(29).fork('epoch', epoch);
  const checks: ConformanceCheck[] = [
    {
      title: 'gives full batches of positions in the table',
      check() {
        const sampler = make();
        for (const epoch of [0, 1, 2]) demandBatches(sampler, sampler.batches(table, place(epoch)), table);
      },
    },
    {
      title: 'gives the same batches for the same random place',
      check() {
        const sampler = make();
        const first = text(sampler.batches(table, place(0)));
        sampler.batches(table, place(1));
        demand(text(sampler.batches(table, place(0))) === first, 'A second call with the same random place gives other batches.');
        demand(text(make().batches(table, place(0))) === first, 'Another sampler with the same random place gives other batches.');
      },
    },
    {
      title: isOrdered ? 'keeps its order in every epoch' : 'gives other batches in another epoch',
      check() {
        const sampler = make();
        const isSame = text(sampler.batches(table, place(0))) === text(sampler.batches(table, place(1)));
        demand(isSame === isOrdered, isOrdered ? 'The order changes from epoch to epoch.' : 'Two epochs have the same batches.');
      },
    },
    {
      title: 'leaves the table as it is',
      check() {
        const [labels, cameras] = [table.labels.slice(), table.cameras.slice()];
        make().batches(table, place(0));
        demand(labels.join() === table.labels.join() && cameras.join() === table.cameras.join(), 'It writes to the table.');
      },
    },
    {
      title: 'refuses a table that fills no batch',
      check: () =>
        demandRefusal(
          'a table without records',
          () => make().batches({ labels: new Int32Array(0), cameras: new Int32Array(0) }, place(0)),
          ['DATASET_INVALID'],
        ),
    },
  ];
  if (perIdentity !== undefined) {
    checks.push({
      title: `holds ${perIdentity} images of each identity in a full batch`,
      check() {
        const sampler = make();
        demandGroups(sampler.batches(table, place(0)), table, sampler, perIdentity);
      },
    });
  }
  return checks;
}
