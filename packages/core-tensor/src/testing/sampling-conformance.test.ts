import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReidError } from '../errors.ts';
import type { Dataset, DatasetReader } from '../kinds/dataset.ts';
import type { CropRecord } from '../kinds/record.ts';
import type { Sampler } from '../kinds/sampler.ts';
import type { Transform } from '../kinds/transform.ts';
import { conformanceFaults } from './conformance-check.ts';
import { datasetConformance } from './dataset-conformance.ts';
import { samplerConformance, type SamplerConformanceOptions } from './sampler-conformance.ts';
import { transformConformance } from './transform-conformance.ts';

const cut = (order: readonly number[], size: number): Int32Array[] =>
  Array.from({ length: Math.floor(order.length / size) }, (_, i) => Int32Array.from(order.slice(i * size, (i + 1) * size)));

/** Random batches of 4. */
const shuffled: Sampler = {
  batchSize: 4,
  batches({ labels }, random) {
    if (labels.length < 4) throw new ReidError('DATASET_INVALID', 'Four records fill a batch.');
    return cut(random.stream().shuffle([...labels.keys()]), 4);
  },
};

describe('samplerConformance passes', () => {
  for (const { title, check } of samplerConformance(() => shuffled)) it(title, check);
});

describe('samplerConformance names', () => {
  const faulty = (batches: Sampler['batches'], options?: SamplerConformanceOptions): Promise<string> =>
    conformanceFaults(samplerConformance(() => ({ batchSize: 4, batches }), options)).then((faults) => faults.join('\n'));

  it('batches that are not full, and positions outside the table', async () => {
    expect(await faulty((table, random) => [Int32Array.of(1, 2), ...shuffled.batches(table, random)])).toMatch(
      /Batch 0 of \d+ has 2 records instead of 4\./,
    );
    expect(await faulty((table, random) => [Int32Array.of(0, 1, 2, 9999), ...shuffled.batches(table, random)])).toContain(
      'Batch 0 holds the position 9999, the table has',
    );
    expect(await faulty(() => [])).toContain('It gives no batch.');
  });

  it('randomness of its own, or none', async () => {
    expect(await faulty((table, random) => shuffled.batches(table, random.fork(Math.random() * 1e9)))).toContain(
      'A second call with the same random place gives other batches.',
    );
    const ordered: Sampler['batches'] = (table, random) => (shuffled.batches(table, random), cut([...table.labels.keys()], 4));
    expect(await faulty(ordered)).toBe('gives other batches in another epoch: Two epochs have the same batches.');
    expect(await faulty(ordered, { isOrdered: true })).toBe('');
    expect(await faulty(shuffled.batches, { isOrdered: true })).toContain('The order changes from epoch to epoch.');
  });

  it('a table that it writes to, and one that it should refuse', async () => {
    const table = { labels: Int32Array.from({ length: 20 }, (_, i) => i % 5), cameras: new Int32Array(20) };
    const sorting: Sampler['batches'] = (given, random) => (given.labels.reverse(), shuffled.batches(given, random));
    expect(await faulty(sorting, { table })).toContain('It writes to the table.');
    expect(await faulty(({ labels }, random) => (labels.length === 0 ? [] : shuffled.batches({ labels, cameras: labels }, random)))).toBe(
      'refuses a table that fills no batch: It accepts a table without records without a word.',
    );
  });

  it('identities that do not stand together', async () => {
    expect(await faulty(shuffled.batches, { perIdentity: 2 })).toMatch(
      /holds 2 images of each identity in a full batch: Batch \d+ holds \d images/,
    );
  });
});

describe('transformConformance', () => {
  const faults = (transform: Transform): Promise<string> =>
    conformanceFaults(transformConformance(() => transform)).then((lines) => lines.join('\n'));
  const window = { step: 'window', left: -2, top: -2, width: 9, height: 9, fill: [0, 0, 0] } as const;

  it('passes one of each stage', async () => {
    expect(await faults({ stage: 'geometry', plan: (_size, draws) => [{ step: 'resize', width: 8, height: 16, filter: 'bilinear' }, ...(draws.chance(0.5) ? [{ step: 'flip' } as const] : []), window] })).toBe(''); // prettier-ignore
    expect(await faults({ stage: 'normalize', scale: 1, mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] })).toBe('');
    expect(await faults({ stage: 'picture', apply: (sample, draws) => ({ ...sample, image: { ...sample.image, data: sample.image.data.map((byte) => byte ^ draws.integer(2)) } }) })).toBe(''); // prettier-ignore
    expect(await faults({ stage: 'float', apply: ({ data }, draws) => void data.fill(draws.normal(), 0, 5) })).toBe('');
  });

  it('names plans that cannot be carried out', async () => {
    const planned = (step: object) => faults({ stage: 'geometry', plan: () => [step as never] });
    expect(await planned({ step: 'resize', width: 7.5, height: 4, filter: 'bicubic' })).toContain('It plans a picture of 7.5 × 4 pixels.');
    expect(await planned({ ...window, left: 0.5 })).toContain('It plans a window at 0.5, -2: no whole pixels.');
    expect(await planned({ ...window, imageOnly: true })).toContain('a window of another size for the image alone');
  });

  it('names hidden randomness, writing to the input, lost masks, and numbers that are none', async () => {
    expect(await faults({ stage: 'geometry', plan: () => [{ ...window, left: Math.floor(Math.random() * 1e9) }] })).toContain(
      'The same draws give another plan.',
    );
    expect(await faults({ stage: 'picture', apply: (sample) => (sample.image.data.fill(0), sample) })).toContain(
      'It writes to the picture',
    );
    expect(await faults({ stage: 'picture', apply: ({ image }) => ({ image }) })).toContain('It loses masks or boxes.');
    const shrunk = ({ image, ...rest }: any) => ({ ...rest, image: { ...image, width: 1, height: 1, data: new Uint8Array(3) } });
    expect(await faults({ stage: 'picture', apply: shrunk })).toContain('The mask is 13 × 29, the image is 1 × 1.');
    expect(await faults({ stage: 'float', apply: ({ data }) => void data.fill(NaN, 0, 1) })).toContain('It writes NaN into the image.');
    expect(await faults({ stage: 'normalize', scale: 1, mean: [0, 0, 0], deviation: [1, 0, 1] })).toContain(
      'It divides by a deviation of 0: [1,0,1].',
    );
    expect(await faults({ stage: 'colour' } as never)).toContain('It is of the stage "colour", which there is not.');
  });
});

describe('datasetConformance', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'dataset-'));
    for (const file of ['a.png', 'b.png', 'c.png']) await writeFile(join(root, file), '');
  });
  afterAll(() => rm(root, { recursive: true }));

  const crop = (file: string, identity: number, camera: number | null): CropRecord => ({
    form: 'crop',
    split: 'train',
    file,
    identity,
    camera,
  });
  const good = (): Dataset => ({
    name: 'small',
    root,
    splits: { train: [crop('a.png', 4, 0), crop('b.png', 9, null)] },
    fingerprint: { dataset: 'small', hash: '0f'.repeat(32), splits: { train: { records: 2, identities: 2, cameras: 1 } } },
    excluded: [{ file: 'c.png', rule: 'junk' }],
    findings: [{ severity: 'info', rule: 'small', message: 'It is small.' }],
  });
  const faults = (change: (dataset: Dataset) => Partial<Dataset>): Promise<string> => {
    const reader: DatasetReader = { name: 'small', read: async () => ({ ...good(), ...change(good()) }) };
    return conformanceFaults(datasetConformance(() => reader)).then((lines) => lines.join('\n'));
  };
  const records =
    (...train: object[]) =>
    () => ({ splits: { train: train as CropRecord[] } });

  it('passes a good reader', async () => expect(await faults(() => ({}))).toBe(''));

  it('names records that are not sound', async () => {
    expect(await faults(records(crop('/a.png', 1, 0)))).toContain(
      'names the file "/a.png", which is not relative to the root with forward slashes.',
    );
    expect(await faults(records(crop('x/../a.png', 1, 0)))).toContain('names the file "x/../a.png"');
    expect(await faults(records({ ...crop('a.png', 1, 0), split: 'query' }))).toContain('(a.png) says that it belongs to "query".');
    expect(await faults(records(crop('a.png', 1.5, 0)))).toContain('has the identity 1.5.');
    expect(await faults(records(crop('a.png', 1, -1)))).toContain('has the camera -1.');
    expect(await faults(records({ ...crop('a.png', 1, 0), partBoxes: { head: [3, 0, 3, 4] } }))).toContain('has the box [3,0,3,4].');
    expect(await faults(records())).toContain('It reads no record.');
  });

  it('names files that are not there, and left-out files that are taken', async () => {
    expect(await faults(records(crop('z.png', 1, 0)))).toContain('It names the file "z.png", which is not in');
    expect(await faults(() => ({ excluded: [{ file: 'a.png', rule: 'junk' }] }))).toContain(
      'It says that it left out "a.png", and gives it in a record.',
    );
    expect(await faults(() => ({ root: '.' }))).toContain('Its root "." is not absolute.');
  });

  it('names counts and hashes that are wrong', async () => {
    const { fingerprint } = good();
    expect(
      await faults(() => ({ fingerprint: { ...fingerprint, splits: { train: { records: 3, identities: 2, cameras: 1 } } } })),
    ).toContain('The fingerprint says that "train" has 3 records, 2 identities, 1 cameras; it has 2 records, 2 identities, 1 cameras.');
    expect(await faults(() => ({ fingerprint: { ...fingerprint, hash: 'abc' } }))).toContain(
      'The hash of the fingerprint is "abc", no SHA-256.',
    );
    let calls = 0;
    expect(
      await faults(() => ({ splits: { train: calls++ % 2 === 0 ? good().splits.train! : good().splits.train!.toReversed() } })),
    ).toContain('A second reading has the records in another order.');
  });
});
