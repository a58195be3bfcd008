import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRegistry, initialState, Random, referenceBackend, useBackend, writeSafetensors, type AnnotationItem, type Annotator, type DatasetReader } from '@reidkit/core-tensor'; // prettier-ignore
import { annotatorConformance } from '@reidkit/core-tensor/testing';
import { annotate, datasetsPlugin, decodeRle, parseRleText } from '@reidkit/datasets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { segmenterPlugin } from './plugin.ts';
import { encodePng } from './png-file.ts';
import { SAM_TINY } from './sam-presets.ts';
import { Sam } from './sam.ts';

const folder = mkdtempSync(join(tmpdir(), 'reidkit-sam-masks-'));
const weights = join(folder, 'sam.safetensors');
const registry = createRegistry(datasetsPlugin, segmenterPlugin);
afterAll(() => rmSync(folder, { recursive: true }));

const build = (options: object = {}): Annotator =>
  registry.use<Annotator>({ use: 'annotator/sam-masks', options: { weights, ...options } });

beforeAll(async () => {
  await useBackend(referenceBackend);
  await writeSafetensors(weights, initialState(new Sam(SAM_TINY), Random.seed(1)));
  mkdirSync(join(folder, 'people/7'), { recursive: true });
  for (const name of ['a', 'b']) {
    const data = Uint8Array.from(Random.seed(2).fork(name).uniform(24 * 40 * 3), (value) => Math.floor(256 * value)); // prettier-ignore
    writeFileSync(join(folder, `people/7/${name}.png`), encodePng({ width: 24, height: 40, channels: 3, data }));
  }
});

describe('annotator/sam-masks', () => {
  const started = build();
  beforeAll(() => started.start!(referenceBackend));
  const item = (name: string, person?: AnnotationItem['person']): AnnotationItem => ({
    file: `7/${name}.png`,
    width: 24,
    height: 40,
    known: {},
    ...(person ? { person } : {}),
    bytes: async () => readFileSync(join(folder, `people/7/${name}.png`)),
  });

  it('fills a sidecar with masks of the size of the image, and says which numbers made them', async () => {
    const annotator = build();
    await annotator.start!(referenceBackend);
    const dataset = await registry.use<DatasetReader>({ use: 'dataset/folder', options: { root: join(folder, 'people') } }).read();
    const out = join(folder, 'people/sidecars/sam-masks.jsonl');
    const { annotated, without } = await annotate({ dataset, annotator, out });
    expect(annotated + without.length).toBe(2);
    const [header, ...lines] = readFileSync(out, 'utf8').trim().split('\n').map((text) => JSON.parse(text)); // prettier-ignore
    expect(header).toMatchObject({
      producer: 'annotator/sam-masks 1',
      model: expect.stringMatching(/Segment Anything.*SHA-256 [0-9a-f]{16}$/),
    });
    for (const { maskRuns, quality } of lines) {
      expect(decodeRle(parseRleText(maskRuns.counts, { height: 40, width: 24 }))).toHaveLength(24 * 40);
      expect(quality).toBeGreaterThanOrEqual(0);
    }
  });

  it('leaves out masks that are guessed to be worse than they may be, and must be started', async () => {
    const strict = build({ least: 1 });
    await expect(strict.annotate(item('a'))).rejects.toMatchObject({ code: 'UNINITIALIZED' });
    await strict.start!(referenceBackend);
    expect(await strict.annotate(item('a'))).toBeNull();
  });

  const person = { identity: 3, box: [4, 6, 20, 38] as const };
  it.each(
    annotatorConformance(() => started, { items: [item('a'), item('b', person), item('b', { identity: null, box: [0, 0, 12, 20] })] }),
  )('$title', ({ check }) => check());
});
