import type { CropLayout, CropSource } from '../crop-layout.ts';

/** The three folders that Market-1501 introduced, as sources. */
export const marketSources = (below = ''): CropSource[] => [
  { split: 'train', folder: `${below}bounding_box_train` },
  { split: 'query', folder: `${below}query` },
  { split: 'gallery', folder: `${below}bounding_box_test` },
];

/** Market-1501 as published in 2015. */
export const MARKET_1501: CropLayout = {
  name: 'market1501',
  title: 'Market-1501',
  folders: ['Market-1501-v15.09.15', 'market1501', 'Market1501', 'Market-1501'],
  sources: marketSources(),
  pattern: /^(?<identity>-?\d+)_c(?<camera>\d)(?!\d)/,
  example: '0002_c1s1_000451_03.jpg',
  extension: '.jpg',
  cameras: 6,
  lastIdentity: 1501,
};

/** Own data in Market-1501's layout: any identities, any number of cameras, any image format. */
export const MARKET_STYLE: CropLayout = {
  name: 'market-style',
  title: 'data in the layout of Market-1501',
  folders: [],
  sources: marketSources(),
  pattern: /^(?<identity>-?\d+)_c(?<camera>\d+)/,
  example: '0002_c1s1_000451_03.jpg',
};

/** Synthetic pedestrians of this package: Market-1501's layout and a sidecar with everything else. */
export const SYNTHETIC: CropLayout = { ...MARKET_STYLE, name: 'synthetic', title: 'synthetic pedestrians' };

/** DukeMTMC-reID as extracted by Zheng et al. in 2017. */
export const DUKEMTMC_REID: CropLayout = {
  name: 'dukemtmc-reid',
  title: 'DukeMTMC-reID',
  folders: ['DukeMTMC-reID', 'dukemtmcreid', 'dukemtmc-reid'],
  sources: marketSources(),
  pattern: /^(?<identity>\d+)_c(?<camera>\d)(?!\d)/,
  example: '0001_c2_f0046182.jpg',
  extension: '.jpg',
  cameras: 8,
  note: 'DukeMTMC was withdrawn by its authors in 2019, and nothing here downloads it.',
};

/** Occluded-Duke: DukeMTMC-reID with other splits, so that every query is occluded. */
export const OCCLUDED_DUKE: CropLayout = {
  ...DUKEMTMC_REID,
  name: 'occluded-duke',
  title: 'Occluded-Duke',
  folders: ['Occluded_Duke', 'Occluded-DukeMTMC-reID', 'occluded_duke', 'dukemtmcreid'],
};

/** MSMT17 in Market-1501's folders; cameras have one or two digits. */
export const MSMT17_MARKET: CropLayout = {
  ...MARKET_STYLE,
  name: 'msmt17-market',
  title: 'MSMT17 in the folders of Market-1501',
  folders: ['MSMT17', 'msmt17', 'MSMT17_V2', 'MSMT17_V1'],
  example: '0000_c12_0001.jpg',
  cameras: 15,
};
