import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EVALUATION, hostTensor, loadStateDict, openCheckpoint, Random, referenceBackend, scoped, toTensor, useBackend } from '@reidkit/core-tensor'; // prettier-ignore
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Clip } from '../clip.ts';
import { clipText } from '../clip-text.ts';
import { clipVision } from '../clip-vision.ts';
import { importCheckpoint } from './import-checkpoint.ts';
import { readWeights } from './read-weights.ts';

const FILES = fileURLToPath(new URL('../../../../goldens/models/checkpoints/', import.meta.url));

/** The tiny CLIP of the goldens; the number of heads is not in a checkpoint. */
function tinyClip(): Clip {
  return new Clip({
    visual: clipVision({ imageSize: [8, 8], patch: 4, width: WIDTH, depth: 2, heads: 2, projectedWidth: SHARED }),
    text: clipText({ width: TEXT, depth: 1, heads: 2, summaryWidth: SHARED, length: LENGTH, vocabulary: VOCABULARY }),
  });
}
const [WIDTH, TEXT, SHARED, LENGTH, VOCABULARY] = [16, 12, 10, 7, 37];

const images = hostTensor(Random.seed(1).normal(2 * 8 * 8 * 3), [2, 8, 8, 3]);
const ids = hostTensor([35, 5, 7, 36, 0, 0, 35, 9, 3, 4, 36, 0], [2, 6], 'int32');

/** How well two images and two texts go together. */
function outputOf(clip: Clip): number[] {
  return scoped(() => {
    const [image, text] = [clip.encodeImage(toTensor(images), EVALUATION), clip.encodeText({ ids: toTensor(ids) }, EVALUATION)];
    return [...clip.compare(image, text).perImage.dataSync()];
  });
}

async function loaded(path: string): Promise<number[]> {
  const clip = tinyClip();
  const { tensors, missing } = await readWeights(path, clip);
  expect(missing).toEqual([]);
  loadStateDict(clip, tensors);
  return outputOf(clip);
}

describe('the tiny CLIP', () => {
  let folder: string;
  let expected: number[];
  beforeAll(async () => {
    await useBackend(referenceBackend);
    folder = await mkdtemp(join(tmpdir(), 'reidkit-clip-'));
    expected = await loaded(join(FILES, 'clip.safetensors'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const forms = [
    'zip.pth', 'zip-buffer.pth', 'zip-protocol4.pth', 'zip-deflated.pth', 'legacy.pth', 'nested.pth', 'nested-legacy.pth', 'sharded', 'sharded-bin',
  ]; // prettier-ignore
  it.each(forms)('gives one and the same output from %s, as it stands and imported', async (name) => {
    expect(new Set(expected).size).toBe(4);
    expect(await loaded(join(FILES, name))).toEqual(expected);
    const out = join(folder, `${name}.safetensors`);
    const file = await openCheckpoint(join(FILES, name));
    await importCheckpoint(file, out);
    await file.close();
    expect(await loaded(out)).toEqual(expected);
  });

  it('gives the same from a TorchScript archive, to the half precision that official ones have', async () => {
    const halves = await loaded(join(FILES, 'torchscript.pt'));
    expect(halves).not.toEqual(expected);
    halves.forEach((value, i) => expect(Math.abs(value / expected[i]! - 1)).toBeLessThan(5e-3));
  });
});
