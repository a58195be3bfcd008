/** Counts of a split as its paper gives them. */
export interface PublishedCounts {
  readonly records: number;
  readonly identities: number;
}

/** A data set laid out as Market-1501 is: one folder per split, identity and camera in the file names. */
export interface MarketStyleLayout {
  /** Name in results and the last part of the component's id. */
  readonly name: string;
  readonly title: string;
  /** Names under which the data set's folder is known, beside any that the user gives. */
  readonly folders: readonly string[];
  /** Split to folder. */
  readonly splits: Readonly<Record<string, string>>;
  /** Folder of further distractors that join the gallery when asked for. */
  readonly distractors?: string;
  /** On the file's name alone, with the groups `identity` and `camera` (from 1). */
  readonly pattern: RegExp;
  /** A name that fits, for messages. */
  readonly example: string;
  /** The extension its images have; others are taken and reported. */
  readonly extension?: string;
  /** Number of cameras, where the layout has a fixed one. */
  readonly cameras?: number;
  /** Largest identity, where the layout has one. */
  readonly lastIdentity?: number;
  readonly published?: Readonly<Record<string, PublishedCounts>>;
}

const MARKET_SPLITS = { train: 'bounding_box_train', query: 'query', gallery: 'bounding_box_test' };

/** Market-1501 as published in 2015 (Zheng et al., ICCV 2015). */
export const MARKET_1501: MarketStyleLayout = {
  name: 'market1501',
  title: 'Market-1501',
  folders: ['Market-1501-v15.09.15', 'market1501', 'Market1501', 'Market-1501'],
  splits: MARKET_SPLITS,
  distractors: 'images',
  pattern: /^(?<identity>-?\d+)_c(?<camera>\d)(?!\d)/,
  example: '0002_c1s1_000451_03.jpg',
  extension: '.jpg',
  cameras: 6,
  lastIdentity: 1501,
  published: {
    train: { records: 12_936, identities: 751 },
    query: { records: 3368, identities: 750 },
    gallery: { records: 15_913, identities: 751 },
  },
};

/** Own data in Market-1501's layout: any identities, any number of cameras, any image format. */
export const MARKET_STYLE: MarketStyleLayout = {
  name: 'market-style',
  title: 'data in the layout of Market-1501',
  folders: [],
  splits: MARKET_SPLITS,
  pattern: /^(?<identity>-?\d+)_c(?<camera>\d+)/,
  example: '0002_c1s1_000451_03.jpg',
};

/** Synthetic pedestrians of this package: Market-1501's layout and a sidecar with everything else. */
export const SYNTHETIC: MarketStyleLayout = { ...MARKET_STYLE, name: 'synthetic', title: 'synthetic pedestrians' };
