import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { currentBackend, type DatasetReader, type FrameRecord, type Recipe, readSafetensors } from '@reidkit/core-tensor';
import { synthesize, type SyntheticInput } from '@reidkit/datasets';
import { judgePersonSearch } from '@reidkit/eval';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from './build-run.ts';
import { evaluate, type EvaluateOptions, type Evaluation } from './evaluate.ts';
import { extract } from './extract.ts';
import { type SmallRun, smallRun } from './small-run.fixture.ts';
import { train } from './train.ts';

const GOLDENS = fileURLToPath(new URL('../../../goldens/datasets/', import.meta.url));
type Node = Recipe['model'];

let small: SmallRun;
let scenes: string;
let parts: Pick<EvaluateOptions, 'tensors' | 'makeProgram' | 'product'>;
beforeAll(async () => {
  small = await smallRun();
  const base = small.recipe();
  const out = join(small.folder, 'run');
  await train({ recipe: small.recipe({ stages: [{ ...base.stages[0]!, epochs: 1 }] }), registry: small.registry, backend: currentBackend(), out, workers: 0 }); // prettier-ignore
  const { tensors } = await readSafetensors(join(out, 'model.safetensors'));
  const { makeProgram, matrixProduct } = currentBackend();
  parts = { tensors, makeProgram, product: matrixProduct };

  // Every second person of the first frames is looked for in the others.
  scenes = join(small.folder, 'scenes');
  const sidecars = { masks: false, parts: false, garments: false, captions: 0 };
  const options: SyntheticInput = { trainIdentities: 1, testIdentities: 4, cameras: 2, trainImages: [1, 1], galleryImages: [1, 1], queries: 1, distractors: 0, junk: 0, sidecars, scenes: { test: 8, identities: 4 } }; // prettier-ignore
  await synthesize({ out: scenes, options, workers: 1 });
  const frames = readFileSync(join(scenes, 'scenes.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as FrameRecord); // prettier-ignore
  const plain = frames.filter(({ form }) => form === 'frame').map(({ form, file, camera, persons }) => ({ form, file, camera, persons: persons.map(({ identity, box }) => ({ identity, box })) })); // prettier-ignore
  const queries = plain
    .slice(0, 4)
    .map((frame) => ({ ...frame, persons: frame.persons.filter(({ identity }) => identity !== null).slice(0, 1) }));
  const lines = [...plain.map((frame) => ({ ...frame, split: 'gallery' })), ...queries.map((frame) => ({ ...frame, split: 'query' }))];
  writeFileSync(join(scenes, 'search.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
});
afterAll(() => small.remove());

function unpack(name: string): string {
  const folder = join(small.folder, name);
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['xf', join(GOLDENS, `${name}.tar`), '-C', folder]);
  return folder;
}

async function search(node: Node, changes: Partial<Recipe['evaluation']> = {}, lists?: EvaluateOptions['lists']): Promise<Evaluation> {
  const recipe = small.recipe({ model: { use: 'model/baseline', options: { ...(small.recipe().model.options as object), classes: 8 } } });
  const evaluation = { ...recipe.evaluation, protocol: { use: 'protocol/person-search' }, ...changes };
  const dataset = await small.registry.use<DatasetReader>(node).read();
  return evaluate({
    ...buildModel({ ...recipe, evaluation }, small.registry),
    ...parts,
    evaluation,
    dataset,
    workers: 0,
    ...(lists ? { lists } : {}),
  });
}

const drawn = (): Node => ({ use: 'dataset/jsonl', options: { file: join(scenes, 'search.jsonl') } });

describe('person search in evaluate', () => {
  it('judges the drawn scenes as judgePersonSearch does on descriptors of the same boxes', async () => {
    const node = drawn();
    const { summary, notes, lists } = await search(node, {}, { count: 2, length: 3, seed: 1 });
    const { root, splits } = await small.registry.use<DatasetReader>(node).read();
    const [gallery, query] = [splits.gallery as FrameRecord[], splits.query as FrameRecord[]];
    expect(summary.protocol).toBe('person search, detections from 0.5');
    expect(summary.gallery).toBe(gallery.reduce((sum, { persons }) => sum + persons.length, 0));
    expect(notes).toContain('People in frames: the true boxes, so nothing is said about finding people.');
    expect(summary.figures).toMatchObject({ 'detection recall': 1, 'detection AP': 1 });

    const recipe = small.recipe();
    const { model } = buildModel(small.recipe({ model: { use: 'model/baseline', options: { ...(recipe.model.options as object), classes: 8 } } }), small.registry); // prettier-ignore
    const describeBoxes = async (frames: readonly FrameRecord[]): Promise<number[][]> => {
      const records = frames.flatMap(({ file, persons }) => persons.map(({ box }) => ({ form: 'crop' as const, file, split: '', identity: 0, camera: 0, cut: box }))); // prettier-ignore
      const { descriptors } = await extract({ ...parts, model, outputs: ['global.bn'], root, records, transforms: recipe.evaluation.transforms, batchSize: 3, workers: 0 }); // prettier-ignore
      const { data } = descriptors.tensors['global.bn']!;
      return records.map((_, at) => {
        const row = [...(data as Float32Array).subarray(at * 24, (at + 1) * 24)];
        return row.map((x) => x / Math.hypot(...row));
      });
    };
    const [found, asked] = [await describeBoxes(gallery), await describeBoxes(query)];
    let next = 0;
    const frames = gallery.map(({ camera, persons }) => ({ camera: camera ?? -1, detections: persons.map(({ box }) => ({ box, score: 1, feature: found[next++]! })) })); // prettier-ignore
    const expected = judgePersonSearch(
      frames,
      query.map(({ file, camera, persons: [person] }, q) => ({
        frame: gallery.findIndex((frame) => frame.file === file),
        camera: camera ?? -1,
        feature: asked[q]!,
        truth: gallery.flatMap(({ persons }, frame) =>
          persons.flatMap(({ identity, box }) => (identity === person!.identity ? [{ frame, box }] : [])),
        ),
      })),
    );
    expect(summary.mAP).toBeCloseTo(expected.mAP, 6);
    expect(summary.queriesDropped).toBe(expected.queriesDropped);
    expect(lists.random[0]!.query).toMatchObject({ form: 'crop', cut: expect.any(Array) });
    expect(lists.random[0]!.ranking).toHaveLength(3);
  });

  it('searches the boxes of a file of detections, and says which', async () => {
    const node = drawn();
    const { splits } = await small.registry.use<DatasetReader>(node).read();
    const frames = splits.gallery as FrameRecord[];
    const file = join(small.folder, 'found.jsonl');
    // The detector misses all of the last frame, and half of the boxes elsewhere are false alarms of little confidence.
    const lines = frames.slice(0, -1).map(({ file: frame, persons }) => ({
      frame,
      boxes: persons.flatMap(({ box: [x0, y0, x1, y1] }) => [[x0 - 1, y0 + 1, x1, y1], [x0, y0, x0 + 4, y0 + 4]]), // prettier-ignore
      scores: persons.flatMap(() => [0.9, 0.3]),
    }));
    writeFileSync(file, [{ detections: 1, detector: 'tester' }, ...lines].map((line) => JSON.stringify(line)).join('\n'));
    const { summary, notes } = await search(node, { detections: file });
    const people = frames.map(({ persons }) => persons.length);
    const seen = people.slice(0, -1).reduce((sum, count) => sum + count, 0);
    expect(summary.gallery).toBe(2 * seen);
    expect(summary.figures!['detection recall']).toBeCloseTo(seen / (seen + people.at(-1)!), 12);
    expect(notes.join()).toMatch(new RegExp(`${2 * seen} boxes of tester, SHA-256 [0-9a-f]{16}. 1 of ${frames.length} frames have none`));
  });

  it('reads PRW and CUHK-SYSU, whose queries have galleries of their own', async () => {
    const prw = await search({ use: 'dataset/prw', options: { root: unpack('prw') } });
    expect(prw.summary.queries).toBeGreaterThan(1);
    expect(prw.summary.mAP).toBeGreaterThan(0);
    const sysu = { use: 'dataset/cuhk-sysu', options: { root: unpack('cuhk-sysu'), gallery: 'TestG50' } };
    const { splits } = await small.registry.use<DatasetReader>(sysu).read();
    const { summary, perQuery } = await search(sysu);
    expect(summary.queries).toBe(splits.query!.length);
    expect(perQuery.averagePrecision.every((value) => value >= 0)).toBe(true);
  });

  it('judges crops of frames by the protocols of crops, and refuses a mixture', async () => {
    const market = { protocol: { use: 'protocol/market1501', options: { cameraFilter: 'none' } } };
    expect((await search(drawn(), market)).summary.mAP).toBeGreaterThan(0);
    await expect(search({ use: 'dataset/market1501', options: { root: small.data } })).rejects.toThrow(
      /Person search is judged on people in frames/,
    );
    const { detections: _, ...plain } = small.recipe().evaluation;
    const missing = { ...plain, protocol: { use: 'protocol/person-search' }, detections: join(small.folder, 'nothing.jsonl') };
    await expect(search(drawn(), missing)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});
