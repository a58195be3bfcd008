import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type CropRecord, currentBackend, type DatasetReader, EVALUATION, type HostTensors, type Recipe, type RecipeInput, readSafetensors, tensor, type TextRecord, withParameters,
} from '@reidkit/core-tensor'; // prettier-ignore
import { synthesize } from '@reidkit/datasets';
import { readTokenizer } from '@reidkit/encoders';
import type { ClipModel } from '@reidkit/recipes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from './build-run.ts';
import { evaluate, type Evaluation } from './evaluate.ts';
import { loadRun } from './load-run.ts';
import { type SmallRun, smallRun } from './small-run.fixture.ts';
import { train } from './train.ts';

const GOLDENS = fileURLToPath(new URL('../../../goldens/datasets/', import.meta.url));
const WORDS = 24;

let small: SmallRun;
let pedes: string;
let drawn: string;
let vocabulary: string;
beforeAll(async () => {
  small = await smallRun();
  pedes = join(small.folder, 'cuhk-pedes');
  mkdirSync(pedes);
  execFileSync('tar', ['xf', join(GOLDENS, 'cuhk-pedes.tar'), '-C', pedes]);
  drawn = join(small.folder, 'drawn');
  const sidecars = { masks: false, parts: false, garments: false, captions: 2 };
  await synthesize({
    out: drawn,
    options: {
      trainIdentities: 4,
      testIdentities: 3,
      cameras: 2,
      trainImages: [2, 2],
      galleryImages: [2, 2],
      distractors: 0,
      junk: 0,
      sidecars,
    },
    workers: 1,
  });
  vocabulary = join(small.folder, 'vocab.txt');
  const words = readFileSync(join(drawn, 'records.jsonl'), 'utf8')
    .toLowerCase()
    .match(/[a-z]+/g)!;
  // CLIP reads a text at its largest number, so the end mark comes last.
  writeFileSync(vocabulary, ['[PAD]', '[UNK]', '[CLS]', '[MASK]', ...new Set(words), '[SEP]'].join('\n'));
});
afterAll(() => small.remove());

const dataset = (use: string, root: string): Recipe['streams'][string]['dataset'] => ({ use, options: { root } });

/** A tiny CLIP, untrained, whose recipe judges texts against images. */
function recipe(data: ReturnType<typeof dataset>, changes: Partial<RecipeInput['evaluation']> = {}): Recipe {
  const base = small.recipe();
  const size = readFileSync(vocabulary, 'utf8').split('\n').length;
  const encoder = {
    use: 'encoder/clip-vision',
    options: { imageSize: [32, 16], patch: 8, width: 16, depth: 2, heads: 2, projectedWidth: 12 },
  };
  const text = { use: 'encoder/clip-text', options: { width: 16, depth: 2, heads: 2, summaryWidth: 12, length: WORDS, vocabulary: size } };
  return small.recipe({
    model: { use: 'model/clip', options: { encoder, text } },
    streams: { main: { ...base.streams.main!, dataset: data, sampler: { use: 'sampler/pk', options: { identities: 2, images: 1 } } } },
    stages: [{ ...base.stages[0]!, epochs: 0, losses: { triplet: { use: 'loss/triplet' } } }],
    evaluation: {
      ...base.evaluation,
      protocol: { use: 'protocol/text-to-image' },
      scorer: { use: 'scorer/cosine', options: { descriptor: 'global' } },
      texts: { tokenizer: { use: 'tokenizer/files', options: { path: vocabulary } }, length: WORDS },
      ...changes,
    },
  });
}

const run = async (name: string, written: Recipe): Promise<Evaluation> =>
  (await train({ recipe: written, registry: small.registry, backend: currentBackend(), out: join(small.folder, name), workers: 0 }))
    .evaluation;

/** Descriptors of texts, one at a time, past everything that the evaluation does. */
async function describeTexts(texts: readonly string[], model: ClipModel, tensors: HostTensors): Promise<number[][]> {
  const tokenizer = await readTokenizer(vocabulary);
  const parameters = Object.fromEntries(
    Object.entries(tensors).map(([path, { data, shape }]) => [path, tensor(data as Float32Array, [...shape])]),
  );
  return texts.map((text) => {
    const { ids } = tokenizer.encode([text], { length: WORDS, tooLong: 'truncate' });
    return [
      ...withParameters(model, parameters, () =>
        model.encodeText({ ids: tensor(ids.data as Int32Array, [1, WORDS], 'int32') }, EVALUATION),
      ).dataSync(),
    ];
  });
}

function meanAveragePrecision(
  queries: readonly number[][],
  gallery: readonly number[][],
  match: (q: number, g: number) => boolean,
): number {
  const cosine = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, x, k) => sum + x * b[k]!, 0) / (Math.hypot(...a) * Math.hypot(...b));
  const precisions = queries.map((query, q) => {
    const order = gallery.map((item, g) => ({ g, near: cosine(query, item) })).sort((a, b) => b.near - a.near || a.g - b.g);
    const ranks = order.flatMap(({ g }, rank) => (match(q, g) ? [rank] : []));
    return ranks.reduce((sum, rank, k) => sum + (k + 1) / (rank + 1), 0) / ranks.length;
  });
  return precisions.reduce((sum, each) => sum + each, 0) / precisions.length;
}

describe('text-to-image in evaluate', () => {
  it('ranks images for the captions of CUHK-PEDES as a computation by hand does', async () => {
    const written = recipe(dataset('dataset/cuhk-pedes', pedes));
    const { summary, lists } = await run('pedes', written);
    const { splits, root } = await small.registry.use<DatasetReader>(dataset('dataset/cuhk-pedes', pedes)).read();
    const [texts, images] = [splits.query as readonly TextRecord[], splits.gallery as readonly CropRecord[]];
    expect(summary).toMatchObject({
      protocol: 'text to image',
      queries: texts.length,
      gallery: images.length,
      features: { outputs: ['global'] },
    });
    expect(lists.random[0]!.query).toMatchObject({ form: 'text' });

    const loaded = await loadRun(join(small.folder, 'pedes'), { registry: small.registry, backend: currentBackend() });
    const rows = await loaded.embedAll(images.map(({ file }) => join(root, file)));
    const gallery = images.map((_, at) => [...rows.subarray(at * 12, (at + 1) * 12)]);
    const queries = await describeTexts(texts.map(({ text }) => text), loaded.model as ClipModel, loaded.tensors); // prettier-ignore
    const byHand = meanAveragePrecision(queries, gallery, (q, g) => texts[q]!.identity === images[g]!.identity);
    expect(summary.mAP).toBeCloseTo(byHand, 5);
  });

  it('searches with every caption of the query images, where the data have no texts, and says what was cut', async () => {
    const written = recipe(dataset('dataset/synthetic', drawn), {
      texts: { tokenizer: { use: 'tokenizer/files', options: { path: vocabulary } }, length: 6 },
    });
    const { summary, notes, perQuery } = await run('captions', written);
    const { splits } = await small.registry.use<DatasetReader>(dataset('dataset/synthetic', drawn)).read();
    const captions = (splits.query as readonly CropRecord[]).flatMap(({ captions: own = [] }) => own);
    expect(summary.queries).toBe(captions.length);
    expect(perQuery.averagePrecision).toHaveLength(captions.length);
    expect(notes.join()).toMatch(/\d+ of \d+ texts were longer than the model reads, and cut/);
  });

  it('gives the same whatever the batch size', async () => {
    const data = dataset('dataset/cuhk-pedes', pedes);
    const { tensors } = await readSafetensors(join(small.folder, 'pedes', 'model.safetensors'));
    const figures = await Promise.all(
      [2, 5].map(async (batchSize) => {
        const written = recipe(data, { batchSize });
        const backend = currentBackend();
        const { summary } = await evaluate({
          ...buildModel(written, small.registry), evaluation: written.evaluation, tensors, workers: 0,
          dataset: await small.registry.use<DatasetReader>(data).read(), makeProgram: backend.makeProgram, product: backend.matrixProduct,
        }); // prettier-ignore
        return summary.mAP;
      }),
    );
    expect(figures[0]).toBeCloseTo(figures[1]!, 6);
  });

  it('says what is missing: texts without a tokenizer, captions, a pass that reads texts', async () => {
    const data = dataset('dataset/cuhk-pedes', pedes);
    const { texts: _, ...without } = recipe(data).evaluation;
    await expect(run('no-texts', { ...recipe(data), evaluation: without })).rejects.toThrow(
      /records of form "text".*\n?.*texts search images where/s,
    );
    const plain = dataset('dataset/market1501', small.data);
    await expect(run('no-captions', recipe(plain))).rejects.toThrow(/have no texts and no captions to search with/);
    await expect(run('no-pass', { ...small.recipe(), evaluation: recipe(data).evaluation })).rejects.toThrow(/has no pass "text"/);
  });
});
