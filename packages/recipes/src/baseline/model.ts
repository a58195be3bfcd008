import { type Context, defineComponent, type Head, type ImageEncoder, type MakeHead, type MakePooling, type Model, Module, nodeOf, type Pooling, type Tensors } from '@reidkit/core-tensor'; // prettier-ignore
import { z } from 'zod';

const options = z.strictObject({
  encoder: nodeOf('encoder'),
  pooling: nodeOf('pooling').default({ use: 'pooling/average' }),
  neck: nodeOf('head').default({ use: 'head/bnneck' }),
  classifier: nodeOf('head').default({ use: 'head/linear' }),
  classes: z.number().int().positive().describe('number of training identities'),
});

interface Parts {
  readonly encoder: ImageEncoder;
  readonly pooling: Pooling;
  readonly neck: Head;
  readonly classifier: Head;
}

/** Encoder, pooling, batch-norm neck and classifier: the model behind most strong baselines. */
export class BaselineModel extends Module implements Model {
  readonly base: ImageEncoder;
  readonly pooling: Pooling;
  readonly bottleneck: Head;
  readonly classifier: Head;

  constructor({ encoder, pooling, neck, classifier }: Parts) {
    super();
    this.base = encoder;
    this.pooling = pooling;
    this.bottleneck = neck;
    this.classifier = classifier;
  }

  get imageSize(): readonly [number, number] {
    return this.base.imageSize;
  }

  get reads(): readonly string[] {
    return this.base.reads ?? [];
  }

  get gives(): Model['gives'] {
    return { training: ['global', 'global.bn', 'logits.global'], evaluation: ['global', 'global.bn'] };
  }

  /** `images [B, H, W, 3]` → `global [B, D]`, `global.bn [B, D]`, and in training `logits.global [B, C]`. */
  forward(batch: Tensors, ctx: Context): Tensors {
    const facts = Object.fromEntries(this.reads.map((name) => [name, batch[name]!]));
    const tokens = this.base.forward(batch.images!, ctx, facts);
    const global = this.pooling.forward(tokens, ctx);
    const normal = this.bottleneck.forward(global, ctx);
    const outputs = { global, 'global.bn': normal };
    return ctx.training ? { ...outputs, 'logits.global': this.classifier.forward(normal, ctx) } : outputs;
  }
}

/** `model/baseline`. */
export const baselineModel = defineComponent({
  summary: 'One encoder, one descriptor, a batch-norm neck and a classifier.',
  paper: 'Luo et al., "Bag of tricks and a strong baseline for deep person re-identification" (CVPR workshops 2019)',
  options,
  build: ({ classes, ...nodes }, use) => {
    const encoder = use<ImageEncoder>(nodes.encoder);
    const pooling = use<MakePooling>(nodes.pooling)({ width: encoder.width });
    const neck = use<MakeHead>(nodes.neck)({ width: pooling.width, classes });
    const classifier = use<MakeHead>(nodes.classifier)({ width: neck.width, classes });
    return new BaselineModel({ encoder, pooling, neck, classifier });
  },
});
