import { Random } from '@reidkit/core-tensor';
import { pk } from '@reidkit/datasets';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';

interface Rules {
  readonly labels: Int32Array;
  readonly identities: number;
  readonly images: number;
}

/** The rules of the notes, on a list of batches. */
function checkRules(golden: GoldenCase, whose: string, order: Int32Array, { labels, identities, images }: Rules): void {
  const size = identities * images;
  const { report } = golden;
  report.check(`${whose}: whole batches`, order.length % size === 0, `${order.length} images, ${size} in a batch`);
  const groups = Array.from({ length: order.length / images }, (_, group) => order.subarray(group * images, (group + 1) * images));
  const labelOf = (index: number): number => labels[index]!;
  const sameInGroup = groups.every((group) => new Set(Array.from(group, labelOf)).size === 1);
  report.check(`${whose}: K images of an identity side by side`, sameInGroup);
  const batches = Array.from({ length: Math.floor(groups.length / identities) }, (_, batch) =>
    groups.slice(batch * identities, (batch + 1) * identities).map((group) => labelOf(group[0]!)),
  );
  report.check(`${whose}: P different identities`, batches.every((batch) => new Set(batch).size === identities)); // prettier-ignore
  const { batches_upper_bound: most } = golden.json.expected;
  const perIdentity = golden.json.expected.groups_per_id as readonly number[];
  report.check(`${whose}: at most ${most} batches`, batches.length <= Number(most) && batches.length > 0, `${batches.length} batches`);
  const sorted = [...new Set(labels)].sort((a, b) => a - b);
  sorted.forEach((label, rank) => {
    const drawn = [...order].filter((index) => labelOf(index) === label);
    const owned = labels.filter((other) => other === label).length;
    report.check(`${whose}: groups of identity ${label}`, drawn.length <= perIdentity[rank]! * images);
    if (owned >= images) report.check(`${whose}: no repeat of identity ${label}`, new Set(drawn).size === drawn.length);
  });
  const left = sorted.filter((label, rank) => [...order].filter((index) => labelOf(index) === label).length < perIdentity[rank]! * images);
  report.check(`${whose}: fewer than P identities are left over`, left.length < identities, `${left.length} left`);
}

export const adapter: GoldenAdapter = {
  family: 'sampler-pk',
  run(golden) {
    const { P: identities, K: images } = golden.json.config;
    const labels = Int32Array.from(golden.tensor('in/labels').data as ArrayLike<number>);
    const rules = { labels, identities, images };
    checkRules(golden, 'published', Int32Array.from(golden.tensor('out/indices').data as ArrayLike<number>), rules);
    const sampler = pk({ identities, images, short: 'repeat' });
    const table = { labels, cameras: new Int32Array(labels.length) };
    for (let seed = 1; seed <= 8; seed++) {
      const batches = sampler.batches(table, Random.seed(seed)).map((batch) => [...batch]);
      checkRules(golden, `seed ${seed}`, Int32Array.from(batches.flat()), rules);
    }
  },
};
