/** Counts of a split as its paper, or the code that everyone uses, gives them. */
export interface PublishedCounts {
  readonly records: number;
  readonly identities: number;
}

/** Published counts of a data set. */
export interface PublishedDataset {
  /** Where they are from. */
  readonly source: string;
  readonly splits: Readonly<Record<string, PublishedCounts>>;
}

const of = (identities: number, records: number): PublishedCounts => ({ records, identities });

const MSMT17: PublishedDataset = {
  source: 'Wei et al. 2018; validation images joined to training, as is usual',
  splits: { train: of(1041, 32_621), query: of(3060, 11_659), gallery: of(3060, 82_161) },
};

const LLCM: PublishedDataset = {
  source: 'Zhang and Wang 2023; training as He et al. 2023 count it, of 46,767 images of 1,064 people',
  splits: { train: of(713, 30_921) },
};

/** Counts to be set beside what is on disk, by name of the data set, or by name and version: `cuhk03-np@labeled`. */
export const PUBLISHED_COUNTS: Readonly<Record<string, PublishedDataset>> = {
  market1501: {
    source: 'Zheng et al. 2015; the gallery without junk, its background counted as an identity',
    splits: { train: of(751, 12_936), query: of(750, 3368), gallery: of(751, 15_913) },
  },
  'dukemtmc-reid': {
    source: 'Zheng et al. 2017',
    splits: { train: of(702, 16_522), query: of(702, 2228), gallery: of(1110, 17_661) },
  },
  msmt17: MSMT17,
  'msmt17-market': MSMT17,
  'cuhk03-np@detected': {
    source: 'Zhong et al. 2017',
    splits: { train: of(767, 7365), query: of(700, 1400), gallery: of(700, 5332) },
  },
  'cuhk03-np@labeled': {
    source: 'Zhong et al. 2017',
    splits: { train: of(767, 7368), query: of(700, 1400), gallery: of(700, 5328) },
  },
  'cuhk03@detected': {
    source: 'Zhong et al. 2017',
    splits: { train: of(767, 7365), query: of(700, 1400), gallery: of(700, 5332) },
  },
  'cuhk03@labeled': {
    source: 'Zhong et al. 2017',
    splits: { train: of(767, 7368), query: of(700, 1400), gallery: of(700, 5328) },
  },
  'occluded-duke': {
    source: 'Miao et al. 2019',
    splits: { train: of(702, 15_618), query: of(519, 2210), gallery: of(1110, 17_661) },
  },
  'occluded-reid': { source: 'Zhuo et al. 2018', splits: { query: of(200, 1000), gallery: of(200, 1000) } },
  'partial-reid': { source: 'Zheng et al. 2015', splits: { query: of(60, 300), gallery: of(60, 300) } },
  'partial-ilids': { source: 'Zheng et al. 2015', splits: { query: of(119, 119), gallery: of(119, 119) } },
  ltcc: {
    source: 'Qian et al. 2020',
    splits: { train: of(77, 9576), query: of(75, 493), gallery: of(75, 7050) },
  },
  'prcc@changed clothes, whole gallery': {
    source: 'counts of the published code (Gu et al. 2022)',
    splits: { train: of(150, 17_896), val: of(150, 5002), query: of(71, 3873), gallery: of(71, 3384) },
  },
  'prcc@same clothes, whole gallery': {
    source: 'counts of the published code (Gu et al. 2022)',
    splits: { train: of(150, 17_896), val: of(150, 5002), query: of(71, 3543), gallery: of(71, 3384) },
  },
  'llcm@infrared queries': LLCM,
  'llcm@visible queries': LLCM,
  'sysu-mm01@all': {
    source: 'Wu et al. 2017: 22,258 visible and 11,909 infrared training images',
    splits: { train: of(395, 34_167), query: of(96, 3803) },
  },
  regdb: {
    source: 'Nguyen et al. 2017; ten visible and ten thermal images each, in halves',
    splits: { train: of(206, 4120), query: of(206, 2060), gallery: of(206, 2060) },
  },
  mars: {
    source: 'Zheng et al. 2016, tracklets; the gallery without junk, as the usual code counts it',
    splits: { train: of(625, 8298), query: of(626, 1980), gallery: of(622, 9330) },
  },
  viper: { source: 'Gray et al. 2007, in halves', splits: { train: of(316, 632), query: of(316, 316), gallery: of(316, 316) } },
  grid: {
    source: 'Loy et al. 2009; 775 images of strangers count as one identity',
    splits: { train: of(125, 250), query: of(125, 125), gallery: of(126, 900) },
  },
  prid: {
    source: 'Hirzer et al. 2011, single-shot',
    splits: { train: of(100, 200), query: of(100, 100), gallery: of(649, 649) },
  },
};

/** Published counts of a data set, in the version that was read. */
export function publishedCounts(name: string, version?: string): PublishedDataset | undefined {
  return PUBLISHED_COUNTS[`${name}@${version}`] ?? PUBLISHED_COUNTS[name];
}
