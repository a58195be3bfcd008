// A loss and an encoder of your own: two components in a plugin, used from a recipe by name like those that come with reidkit.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  baseline, builtInPlugins, createRegistry, defineComponent, definePlugin, Linear, mean, Module, onnxBackend, relu, reshape, square, sub, synthesize, train,
  useBackend, type Context, type ImageEncoder, type ImageTokens, type Loss, type Tensor,
} from 'reidkit'; // prettier-ignore
import { z } from 'zod';

/** One row of patches: the mean colour of each of eight stripes, through a linear map. */
class Stripes extends Module implements ImageEncoder {
  readonly imageSize = [64, 32] as const;
  readonly width = 32;
  readonly map = new Linear({ inputs: 3, outputs: 32 });

  forward(images: Tensor, ctx: Context): ImageTokens {
    const batch = images.shape[0]!;
    const colours = mean(reshape(images, [batch, 8, 8 * 32, 3]), 2);
    return { patches: relu(this.map.forward(colours, ctx)), grid: [8, 1], extra: {}, taps: {} };
  }
}

const spread = defineComponent({
  summary: 'Keeps descriptors from growing: the mean of their squares.',
  options: z.strictObject({ target: z.number().default(1).describe('wanted mean square') }),
  build: ({ target }): Loss => ({
    reads: { embeddings: 'outputs.global' },
    compute: ({ embeddings }) => square(sub(mean(square(embeddings!)), target)),
  }),
});
const stripes = defineComponent({ summary: 'Colours of stripes.', options: z.strictObject({}), build: (): ImageEncoder => new Stripes() });
const mine = definePlugin({
  name: 'mine',
  version: '1.0.0',
  specVersion: 1,
  components: { 'loss/spread': spread, 'encoder/stripes': stripes },
});

const folder = await mkdtemp(join(tmpdir(), 'reidkit-example-'));
const data = join(folder, 'people');
await synthesize({ out: data, options: { trainIdentities: 12, testIdentities: 6, distractors: 6, cameras: 3 } });
const registry = createRegistry(...builtInPlugins, mine);
const recipe = baseline({ size: 'tiny', data });
recipe.model = { ...recipe.model, options: { ...(recipe.model.options as object), encoder: { use: 'encoder/stripes' } } };
recipe.streams.main!.sampler = { use: 'sampler/pk', options: { identities: 6, images: 2 } };
recipe.stages[0]!.epochs = 2;
recipe.stages[0]!.losses.spread = { use: 'loss/spread', options: { target: 0.5 }, weight: 0.1, reads: {} };
const { evaluation } = await train({ recipe, registry, backend: await useBackend(onnxBackend()), out: join(folder, 'run'), workers: 1 });
console.log(`mAP ${evaluation.summary.mAP.toFixed(3)} with stripes of colour`);
await rm(folder, { recursive: true });
