import { join } from 'node:path';
import type { ReidRecord } from '@reidkit/core-tensor';
import { extractCuhk03 } from '@reidkit/datasets';

/** Which of our records are the items of an expected split. */
export interface SplitPick {
  readonly split: string;
  readonly where?: (record: ReidRecord) => boolean;
}

/** One reading of an unpacked data set: where, with which options, and which expected splits it must give. */
export interface Reading {
  /** Folder in the archive. */
  readonly place: string;
  /** Options beside those that recognition gives. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Expected split to ours. */
  readonly splits: Readonly<Record<string, SplitPick>>;
  /** What the expectation adds to our cameras, which are numbered from 0. */
  readonly cameraBase?: number;
  /** Runs before reading; gives further options. */
  readonly prepare?: (archive: string) => Promise<Readonly<Record<string, unknown>>>;
}

/** What the readings of a data set are made from. */
export interface ExpectedDataset {
  readonly dataset: string;
  readonly places: readonly { readonly root: string }[];
  readonly splits: Readonly<Record<string, readonly unknown[]>>;
}

type MakeReadings = (expected: ExpectedDataset) => Reading[];

const pick = (split: string, where?: SplitPick['where']): SplitPick => (where ? { split, where } : { split });
const same = (...splits: string[]): Record<string, SplitPick> => Object.fromEntries(splits.map((split) => [split, pick(split)]));
const prefixed = (prefix: string, ...splits: string[]): Record<string, SplitPick> =>
  Object.fromEntries(splits.map((split) => [`${prefix}${split}`, pick(split)]));
const ofModality = (modality: string) => (record: ReidRecord) => record.form === 'crop' && record.modality === modality;

const BASIC = ['train', 'query', 'gallery'];

/** Every place gives every expected split under its own name. */
const everywhere: MakeReadings = ({ places, splits }) => places.map(({ root }) => ({ place: root, splits: same(...Object.keys(splits)) }));

const market1501: MakeReadings = ({ places }) => [
  ...places.map(({ root }) => ({ place: root, splits: same(...BASIC) })),
  {
    place: places[0]!.root,
    options: { distractors: true },
    splits: { distractors500k: pick('gallery', (record) => record.form === 'crop' && record.file.startsWith('images/')) },
  },
];

const msmt17: MakeReadings = () =>
  ['v1', 'v2'].flatMap((version) => {
    const place = `MSMT17_${version.toUpperCase()}`;
    return [
      { place, options: { val: 'apart' }, splits: prefixed(`${version}.`, ...BASIC, 'val') },
      { place, splits: { [`${version}.trainval`]: pick('train'), ...prefixed(`${version}.`, 'query', 'gallery') } },
    ];
  });

const cuhk03Raw: MakeReadings = ({ splits }) => {
  const prepare = async (archive: string): Promise<{ images: string }> => {
    const images = join(archive, 'extracted');
    await extractCuhk03({ root: join(archive, 'cuhk03'), out: images });
    return { images };
  };
  const classic = new Set(Object.keys(splits).flatMap((split) => /^classic(\d+)\./.exec(split)?.[1] ?? []));
  return ['detected', 'labeled'].flatMap((form) => [
    { place: 'cuhk03', prepare, options: { form }, splits: prefixed(`np.${form}.`, ...BASIC) },
    ...[...classic].map((number) => ({
      place: 'cuhk03',
      prepare,
      options: { form, protocol: Number(number) },
      splits: { [`classic${number}.${form}.train`]: pick('train'), [`classic${number}.${form}.test`]: pick('gallery') },
    })),
  ]);
};

const twoForms =
  (forms: Readonly<Record<string, string>>): MakeReadings =>
  () =>
    Object.entries(forms).map(([prefix, place]) => ({ place, splits: prefixed(`${prefix}.`, 'query', 'gallery') }));

const llcm: MakeReadings = () => {
  const [visible, infrared] = [ofModality('visible'), ofModality('infrared')];
  const training = { train_vis: pick('train', visible), train_nir: pick('train', infrared) };
  return [
    { place: 'LLCM', cameraBase: 1, splits: { ...training, query_nir: pick('query'), query_vis: pick('gallery') } },
    { place: 'LLCM', cameraBase: 1, options: { query: 'visible' }, splits: { query_vis: pick('query'), query_nir: pick('gallery') } },
  ];
};

const regdb: MakeReadings = ({ splits }) => {
  const trials = new Set(Object.keys(splits).map((split) => Number(split.split('_').at(-1))));
  return [...trials].map((trial) => ({
    place: 'RegDB',
    options: { trial },
    splits: {
      [`train_visible_${trial}`]: pick('train', ofModality('visible')),
      [`train_thermal_${trial}`]: pick('train', ofModality('infrared')),
      [`test_visible_${trial}`]: pick('query'),
      [`test_thermal_${trial}`]: pick('gallery'),
    },
  }));
};

/** Readings by data set; those that are not here are read at every place, under the names of the expected splits. */
const READINGS: Readonly<Record<string, MakeReadings>> = {
  market1501,
  msmt17,
  'cuhk03-np': () =>
    ['detected', 'labeled'].map((form) => ({ place: 'cuhk03np', options: { form }, splits: prefixed(`${form}.`, ...BASIC) })),
  'cuhk03-raw': cuhk03Raw,
  'occluded-reid': twoForms({ folders: 'Occluded_REID', flat: 'OccludedREID' }),
  'partial-ilids': twoForms({ stem: 'Partial_iLIDS', numbered: 'PartialiLIDS' }),
  'p-dukemtmc': () => [
    { place: 'P-DukeMTMC-reID', splits: same(...BASIC) },
    { place: 'P_ETHZ', splits: prefixed('ethz.', 'query', 'gallery') },
  ],
  prcc: () => [
    { place: 'prcc', splits: { ...same('train', 'val', 'gallery'), query_diff: pick('query') } },
    { place: 'prcc', options: { query: 'same' }, splits: { query_same: pick('query'), gallery: pick('gallery') } },
  ],
  'vc-clothes': () => [
    { place: 'VC-Clothes', splits: same(...BASIC) },
    ...['sc', 'cc'].map((mode) => ({ place: 'VC-Clothes', options: { mode }, splits: prefixed(`${mode}.`, 'query', 'gallery') })),
  ],
  llcm,
  'sysu-mm01': () => [
    {
      place: 'SYSU-MM01',
      cameraBase: 1,
      splits: {
        train_rgb: pick('train', ofModality('visible')),
        train_ir: pick('train', ofModality('infrared')),
        query_ir: pick('query'),
        pool_rgb: pick('gallery'),
      },
    },
  ],
  regdb,
};

/** How a data set is read to be compared. */
export const readingsOf = (expected: ExpectedDataset): Reading[] => (READINGS[expected.dataset] ?? everywhere)(expected);
