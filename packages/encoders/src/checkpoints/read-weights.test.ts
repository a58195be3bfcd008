import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  hostTensor,
  initialState,
  Module,
  namedParameters,
  Random,
  readSafetensors,
  writeSafetensors,
  type HostTensors,
} from '@reidkit/core-tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bnneck } from '../bnneck.ts';
import { clipText } from '../clip-text.ts';
import { clipVision } from '../clip-vision.ts';
import { classifier } from '../classifier.ts';
import { vit } from '../vit.ts';
import { readWeights } from './read-weights.ts';

const GOLDENS = fileURLToPath(new URL('../../../../goldens/models/', import.meta.url));

/** A model with an encoder, a neck and a classifier. */
class Baseline extends Module {
  readonly base: Module;
  readonly bottleneck = bnneck({ width: 24 });
  readonly classifier: Module;

  constructor(base: Module, classes = 7) {
    super();
    this.base = base;
    this.classifier = classifier({ width: 24, classes });
  }
}

const clip = { patch: 4, width: 32, depth: 2, heads: 4, projectedWidth: 20 };
const small = (): Module => vit({ imageSize: [20, 12], patch: 4, width: 24, depth: 2, heads: 4, mlpRatio: 3, dropPath: 0 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reidkit-weights-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function weightsOf(name: string): Promise<HostTensors> {
  const { tensors } = await readSafetensors(`${GOLDENS}${name}.safetensors`);
  return Object.fromEntries(Object.entries(tensors).flatMap(([key, value]) => (key.startsWith('w/') ? [[key.slice(2), value]] : [])));
}
async function put(name: string, numbers: HostTensors): Promise<string> {
  const path = join(folder, `${name}.safetensors`);
  await writeSafetensors(path, numbers);
  return path;
}
const under = (prefix: string, numbers: HostTensors): HostTensors =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [prefix + name, value]));

describe('readWeights', () => {
  it("takes one side of Hugging Face's CLIP, wherever the model has it", async () => {
    const [openai, theirs] = await Promise.all([weightsOf('clip-full'), weightsOf('clip-full-hf')]);
    const path = await put('hf', theirs);
    const alone = await readWeights(path, clipVision({ ...clip, imageSize: [12, 12] }));
    expect([alone.missing, alone.recognition.id, alone.tensors.proj]).toEqual([[], 'clip-hf', openai['visual.proj']]);
    expect(alone.unexpected).toContain('token_embedding.weight');
    class Pair extends Module {
      readonly image_encoder = clipVision({ ...clip, imageSize: [16, 8] });
      readonly text_encoder = clipText({ width: 24, depth: 3, heads: 3, summaryWidth: 20, vocabulary: 97, length: 11 });
    }
    const { tensors, missing, unexpected } = await readWeights(path, new Pair());
    expect([missing, unexpected]).toEqual([[], ['logit_scale']]);
    expect(tensors['text_encoder.text_projection']).toEqual(openai.text_projection);
    expect(tensors['image_encoder.positional_embedding']!.shape).toEqual([9, 32]);
  });

  it('takes an encoder without what stood around it, at another image size', async () => {
    const weights = await weightsOf('vit-timm');
    const path = await put('timm', under('module.', weights));
    const { tensors, missing, unexpected, note } = await readWeights(path, new Baseline(small()));
    expect(tensors['base.pos_embed']!.shape).toEqual([1, 16, 24]);
    expect(tensors['base.blocks.1.attn.qkv.weight']).toEqual(weights['blocks.1.attn.qkv.weight']);
    expect(missing.every((name) => /^(bottleneck|classifier)\./.test(name))).toBe(true);
    expect(unexpected).toEqual([]);
    expect(note).toContain('tensors of a vision transformer under the names of timm taken from');
  });

  it('takes the whole of a model of the same make, or all but what is left to it', async () => {
    const model = new Baseline(small());
    const numbers = initialState(model, Random.seed(1));
    const path = await put('run', numbers);
    const whole = await readWeights(path, model);
    expect([Object.keys(whole.tensors).length, whole.missing, whole.unexpected]).toEqual([[...namedParameters(model)].length, [], []]);
    expect(whole.tensors['bottleneck.weight']).toEqual(numbers['bottleneck.weight']);
    const other = new Baseline(small(), 5);
    await expect(readWeights(path, other)).rejects.toThrow('"classifier.weight" expected [5, 24], got [7, 24]');
    expect((await readWeights(path, other, { leave: ['classifier.*'] })).missing).toEqual(['classifier.weight']);
  });

  it('refuses weights that have nothing in common with the model, saying what they are', async () => {
    const path = await put('other', { weight: hostTensor([1]) });
    await expect(readWeights(path, new Baseline(small()))).rejects.toMatchObject({ code: 'CHECKPOINT_MISMATCH' });
    await expect(readWeights(path, new Baseline(small()))).rejects.toThrow(
      'It is weights of no architecture that is known here and has weight.',
    );
  });
});
