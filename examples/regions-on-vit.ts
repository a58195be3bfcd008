// RGANet's regions and confidences on another network: a vision transformer with camera vectors, prototypes that learn, and circle loss.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  baseline, builtInPlugins, bnneck, classifier, createRegistry, defineComponent, definePlugin, maskedPooling, mean, Module, nodeOf, normalInit, onnxBackend,
  openAbove, parameter, PartConfidence, PrototypeMemory, prototypeMasks, reshape, slice, stack, synthesize, train, useBackend, withBackground,
  type Context, type ImageEncoder, type Linear, type Model, type Tensors, type Use,
} from 'reidkit'; // prettier-ignore
import { z } from 'zod';
class RegionsOnVit extends Module implements Model {
  readonly background = parameter([64], normalInit(0.02));
  readonly prototypes = parameter([4, 64], normalInit(1));
  readonly memory = new PrototypeMemory({ count: 4, width: 64, momentum: 0.3 });
  readonly confidence = new PartConfidence({ width: 64, invariance: 'cosine' });
  readonly neck = bnneck({ width: 64 });
  readonly encoder: ImageEncoder;
  readonly heads: Linear[];
  readonly imageSize: readonly [number, number];
  readonly reads = ['cameras'] as const;
  readonly gives = { training: ['global', 'logits.global', 'logits.regions', 'weight'], evaluation: ['global', 'regions', 'weight'] };
  constructor(encoder: ImageEncoder, classes: number) {
    super();
    [this.encoder, this.imageSize] = [encoder, encoder.imageSize];
    this.heads = Array.from({ length: 5 }, () => classifier({ width: 64, classes }));
  }
  forward({ images, cameras }: Tensors, ctx: Context): Tensors {
    const { patches } = this.encoder.forward(images!, ctx, { cameras: cameras! });
    const masks = prototypeMasks(patches, withBackground(this.background.value, this.prototypes.value), { gamma: 10 });
    const [batch, , places] = masks.shape as [number, number, number];
    const { parts } = maskedPooling(patches, slice(masks, [0, 1, 0], [batch, 4, places]));
    const { alpha, softmax: weight } = this.confidence.forward(parts, this.memory.read(), ctx);
    if (ctx.training) this.memory.update(parts, openAbove(alpha, 0.5), ctx);
    const global = this.neck.forward(mean(patches, 1), ctx);
    const scores = this.heads.slice(1).map((head, at) => head.forward(reshape(slice(parts, [0, at, 0], [batch, 1, 64]), [batch, 64]), ctx));
    const found = { global, regions: parts, weight };
    return ctx.training ? { ...found, 'logits.global': this.heads[0]!.forward(global, ctx), 'logits.regions': stack(scores, 1) } : found;
  }
}
const options = z.strictObject({ encoder: nodeOf('encoder'), classes: z.number() });
const build = (made: z.output<typeof options>, use: Use): Model => new RegionsOnVit(use<ImageEncoder>(made.encoder), made.classes);
const model = defineComponent({ summary: 'Regions of a vision transformer.', options, build });
const mine = definePlugin({ name: 'mine', version: '1.0.0', specVersion: 1, components: { 'model/regions-on-vit': model } });
const folder = await mkdtemp(join(tmpdir(), 'reidkit-example-'));
const data = join(folder, 'people');
await synthesize({ out: data, options: { trainIdentities: 12, testIdentities: 6, distractors: 6, cameras: 3, occlusion: { query: 1 } } });
const recipe = baseline({ preset: 'transreid', size: 'tiny', data });
const vit = { imageSize: [64, 32], patch: 8, width: 64, depth: 2, heads: 2, cameras: { $ref: 'data.cameras' } };
const modelOptions = { encoder: { use: 'encoder/vit', options: vit }, classes: { $ref: 'data.classes' } };
recipe.model = { use: 'model/regions-on-vit', options: modelOptions };
recipe.streams.main!.sampler = { use: 'sampler/pk', options: { identities: 6, images: 2 } };
const regions = { use: 'loss/part-identity', weight: 1, reads: { logits: 'outputs.logits.regions', weight: 'outputs.weight' } } as const;
const { identity } = recipe.stages[0]!.losses;
const circle = { use: 'loss/pairwise-circle', weight: 0.1, reads: {} };
Object.assign(recipe.stages[0]!, { epochs: 3, losses: { identity, regions, circle } });
recipe.evaluation.scorer = { use: 'scorer/part-weighted', options: { parts: 'regions' } };
const { evaluation } = await train({ recipe, registry: createRegistry(...builtInPlugins, mine), backend: await useBackend(onnxBackend()), out: join(folder, 'run'), workers: 1 }); // prettier-ignore
console.log(`mAP ${evaluation.summary.mAP.toFixed(3)} with regions, weighted`);
await rm(folder, { recursive: true });
