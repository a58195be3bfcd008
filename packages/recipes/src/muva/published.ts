/** Figures of a paper for one cell of a table of sources by targets: fractions in [0, 1]. */
export interface PublishedCell {
  /** Components that read the data sets of training, sorted. */
  readonly sources: readonly string[];
  /** Component that reads the data set of the test. */
  readonly target: string;
  readonly mAP: number;
  readonly rank1: number;
}

const READERS = {
  MA: 'dataset/market1501',
  D: 'dataset/dukemtmc-reid',
  MS: 'dataset/msmt17',
  C3: 'dataset/cuhk03-np',
} as const;

type Short = keyof typeof READERS;

const cell = (sources: readonly Short[], target: Short, mAP: number, rank1: number): PublishedCell => ({
  sources: sources.map((source) => READERS[source]).sort(),
  target: READERS[target],
  mAP: mAP / 100,
  rank1: rank1 / 100,
});

/** Tables 1 to 4 of MUVA: one source, three of four sources, and the source's own test set. */
export const MUVA_PUBLISHED: readonly PublishedCell[] = [
  cell(['MA'], 'D', 52.0, 72.1),
  cell(['MA'], 'MS', 27.6, 56.8),
  cell(['MA'], 'C3', 38.8, 40.8),
  cell(['D'], 'MA', 51.4, 78.3),
  cell(['D'], 'MS', 26.8, 55.7),
  cell(['D'], 'C3', 29.4, 31.1),
  cell(['MS'], 'MA', 59.5, 82.7),
  cell(['MS'], 'D', 62.0, 77.8),
  cell(['MS'], 'C3', 40.2, 42.0),
  cell(['C3'], 'MA', 45.1, 70.2),
  cell(['C3'], 'D', 45.6, 66.7),
  cell(['C3'], 'MS', 21.0, 49.8),
  cell(['D', 'MS', 'C3'], 'MA', 66.7, 86.1),
  cell(['MA', 'MS', 'C3'], 'D', 63.8, 79.4),
  cell(['MA', 'D', 'C3'], 'MS', 34.5, 63.1),
  cell(['MA', 'D', 'MS'], 'C3', 48.6, 49.6),
  cell(['MA'], 'MA', 88.2, 94.9),
  cell(['D'], 'D', 80.1, 89.9),
  cell(['MS'], 'MS', 72.2, 89.0),
];
