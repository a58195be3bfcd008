import { Random, createRegistry, hostTensor, normalizeRows, referenceBackend, scoped, tensor, useBackend, type HostTensors, type Loss, type Node, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import { lossConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { projectionMatchingLoss, similarityDistributionLoss } from './distribution-matching.ts';
import type { ImageTextBatch } from './image-text-batch.ts';
import { imageTextPairsLoss } from './image-text-pairs.ts';
import { imageToTextLoss } from './image-to-text.ts';
import { lossesPlugin } from './plugin.ts';
import { supervisedContrastiveLoss } from './supervised-contrastive.ts';

beforeAll(() => useBackend(referenceBackend));

const [B, D, C] = [5, 3, 4];
const LABELS = [0, 2, 0, 1, 2];
const numbers = (seed: number, count: number): Float32Array => Random.seed(seed).normal(count);
const images = hostTensor(numbers(1, B * D), [B, D]);
const texts = hostTensor(numbers(2, B * D), [B, D]);
const labels = hostTensor(LABELS, [B], 'int32');
const valid = hostTensor([1, 1, 1, 0, 1], [B], 'bool');
const registry = createRegistry(lossesPlugin);
const short = hostTensor([0, 1], [2], 'int32');

const CASES: readonly [string, Node, HostTensors, Partial<Parameters<typeof lossConformance>[1]>][] = [
  [
    'supervised-contrastive',
    { use: 'loss/supervised-contrastive' },
    { images, texts, imageLabels: labels, textLabels: labels, imageValid: valid, textValid: valid },
    {
      batchInputs: ['images', 'texts', 'imageLabels', 'textLabels', 'imageValid', 'textValid'],
      misshapen: [{ images, texts, imageLabels: short, textLabels: labels, imageValid: valid, textValid: valid }],
    },
  ],
  [
    'supervised-contrastive of cosines one way',
    { use: 'loss/supervised-contrastive', options: { normalize: true, temperature: 0.3, direction: 'text-to-image' } },
    { images, texts, imageLabels: labels, textLabels: labels, imageValid: valid, textValid: valid },
    {},
  ],
  [
    'image-to-text',
    { use: 'loss/image-to-text' },
    { images, texts: hostTensor(numbers(3, C * D), [C, D]), labels, valid },
    {
      batchInputs: ['images', 'labels', 'valid'],
      misshapen: [{ images, texts: hostTensor(numbers(3, C * 2), [C, 2]), labels, valid }],
    },
  ],
  [
    'image-text-pairs',
    { use: 'loss/image-text-pairs', options: { temperature: 0.5 } },
    { images, texts, labels, valid },
    { batchInputs: ['images', 'texts', 'labels', 'valid'], misshapen: [{ images, texts, labels: short, valid }] },
  ],
  [
    'similarity-distribution',
    { use: 'loss/similarity-distribution', options: { temperature: 0.5 } },
    { images, texts, labels, valid },
    { batchInputs: ['images', 'texts', 'labels', 'valid'], misshapen: [{ images, texts, labels: short, valid }] },
  ],
  [
    'similarity-distribution with images',
    { use: 'loss/similarity-distribution', options: { temperature: 0.5, sameIdentity: 0.3 } },
    { images, texts, labels, valid, imageIds: hostTensor([7, 8, 7, 9, 10], [B], 'int32') },
    { misshapen: [{ images, texts, labels, valid, imageIds: short }] },
  ],
  [
    'projection-matching',
    { use: 'loss/projection-matching' },
    { images, texts, labels, valid },
    { batchInputs: ['images', 'texts', 'labels', 'valid'], misshapen: [{ images, texts, labels: short, valid }] },
  ],
];

describe.each(CASES)('loss/%s', (_name, node, inputs, options) => {
  for (const { title, check } of lossConformance(() => registry.use<Loss>(node), { inputs, ...options })) it(title, check);
});

const as = (values: ArrayLike<number>, width: number): Tensor => tensor(Float32Array.from(values), [values.length / width, width]);
const ids = (values: readonly number[]): Tensor => tensor([...values], [values.length], 'int32');
const scalar = (f: () => Tensor): number => scoped(() => f().dataSync()[0]!);

/** A batch with two rows more than its first `B`, which do not count. */
function padded(): ImageTextBatch {
  return {
    images: as([...images.data, ...numbers(4, 2 * D)], D),
    texts: as([...texts.data, ...numbers(5, 2 * D)], D),
    labels: ids([...LABELS, 0, -1]),
    valid: tensor([1, 1, 1, 1, 1, 0, 1], [B + 2], 'bool'),
  };
}
const plain = (): ImageTextBatch => ({ images: as(images.data, D), texts: as(texts.data, D), labels: ids(LABELS) });

describe.each<[string, (batch: ImageTextBatch) => Tensor]>([
  [
    'supervisedContrastiveLoss',
    ({ images: image, texts: text, labels: of, valid: counts }) => {
      const rest = { labels: of, ...(counts ? { valid: counts } : {}) };
      return supervisedContrastiveLoss({ features: image, ...rest }, { features: text, ...rest });
    },
  ],
  ['imageTextPairsLoss', (batch) => imageTextPairsLoss(batch, { temperature: 0.2 })],
  ['similarityDistributionLoss', (batch) => similarityDistributionLoss(batch, { temperature: 0.2 })],
  ['projectionMatchingLoss', projectionMatchingLoss],
])('%s', (_name, lossOf) => {
  it('does not see padding or rows without an identity', () => {
    expect(scalar(() => lossOf(padded()))).toBeCloseTo(
      scalar(() => lossOf(plain())),
      5,
    );
  });

  it('is 0 where no row counts', () => {
    expect(scalar(() => lossOf({ ...plain(), labels: ids([-1, -1, -1, -1, -1]) }))).toBe(0);
  });
});

describe('supervisedContrastiveLoss', () => {
  it('is the negative log-probability, averaged over positives and then over anchors', () => {
    // Products: row 0 has 1 and 2 for its two positives, row 1 has 0 for its own.
    const [image, text] = [
      [1, 0],
      [1, 2, 0],
    ];
    const row = (own: readonly number[], all: readonly number[]): number =>
      Math.log(all.reduce((total, value) => total + Math.exp(value), 0)) - own.reduce((a, b) => a + b) / own.length;
    const want = (row([1, 2], [1, 2, 0]) + row([0], [0, 0, 0])) / 2;
    const got = scalar(() =>
      supervisedContrastiveLoss(
        { features: as(image!, 1), labels: ids([0, 1]) },
        { features: as(text!, 1), labels: ids([0, 0, 1]) },
        { direction: 'image-to-text' },
      ),
    );
    expect(got).toBeCloseTo(want, 6);
  });

  it('leaves out an anchor whose identity the other side does not have', () => {
    const loss = (withStranger: boolean): number =>
      scalar(() =>
        supervisedContrastiveLoss(
          { features: as(withStranger ? [1, 2, 5] : [1, 2], 1), labels: ids(withStranger ? [0, 1, 3] : [0, 1]) },
          { features: as([0.5, 1.5], 1), labels: ids([0, 1]) },
          { direction: 'image-to-text' },
        ),
      );
    expect(loss(true)).toBeCloseTo(loss(false), 6);
  });

  it('takes cosines where that is asked for', () => {
    const side = (features: Tensor) => ({ features, labels: ids(LABELS) });
    const cosine = scalar(() => supervisedContrastiveLoss(side(as(images.data, D)), side(as(texts.data, D)), { normalize: true }));
    const raw = scalar(() => supervisedContrastiveLoss(side(normalizeRows(as(images.data, D))), side(normalizeRows(as(texts.data, D)))));
    expect(cosine).toBeCloseTo(raw, 6);
  });
});

describe('imageToTextLoss', () => {
  it('is small when each image points at the text of its identity', () => {
    const loss = (scale: number): number => scalar(() => imageToTextLoss(as([scale, 0, 0, scale], 2), as([1, 0, 0, 1], 2), ids([0, 1])));
    expect(loss(10)).toBeCloseTo(Math.log(1 + Math.exp(-10)), 6);
    expect(loss(0)).toBeCloseTo(Math.log(2), 6);
  });
});

describe('similarityDistributionLoss', () => {
  it('is about 0 when the softmax is spread as the identities are', () => {
    const two = [1, 0, 1, 0, 0, 1, 0, 1];
    const batch = (): ImageTextBatch => ({ images: as(two, 2), texts: as(two, 2), labels: ids([0, 0, 1, 1]) });
    expect(scalar(() => similarityDistributionLoss(batch()))).toBeCloseTo(0, 5);
  });

  it('refuses texts of another number', () => {
    expect(() => scoped(() => similarityDistributionLoss({ ...plain(), texts: as([1, 2, 3], D) }))).toThrow(
      'texts of similarity distribution matching expected [5, 3], got [1, 3].',
    );
  });
});
