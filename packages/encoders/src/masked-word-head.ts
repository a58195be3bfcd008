import { Module, add, gelu, linear, normalInit, parameter, zerosInit, type Context, type HostTensors, type Parameter, type Tensor } from '@reidkit/core-tensor'; // prettier-ignore
import type { BertTransformer } from './bert-transformer.ts';
import { LayerNorm } from './layer-norm.ts';
import { Linear } from './linear.ts';

/** Projection, GELU and norm in front of the words. */
class Transform extends Module {
  readonly dense: Linear;
  readonly LayerNorm: LayerNorm;

  constructor(width: number, epsilon: number) {
    super();
    this.dense = new Linear({ inputs: width, outputs: width, initialize: normalInit(0.02) });
    this.LayerNorm = new LayerNorm({ width, epsilon });
  }
}

/** What predicts words, under the name that checkpoints have for it. */
class Predictions extends Module {
  readonly transform: Transform;
  /** `[V]` */
  readonly bias: Parameter;

  constructor(width: number, vocabulary: number, epsilon: number) {
    super();
    this.transform = new Transform(width, epsilon);
    this.bias = parameter([vocabulary], zerosInit);
  }
}

class MaskedWordLayers extends Module {
  readonly predictions: Predictions;

  constructor(predictions: Predictions) {
    super();
    this.predictions = predictions;
  }
}

/** Keys by which checkpoints repeat the vectors of words and the bias. */
const REPEATED = /^cls\.predictions\.decoder\./;

/**
 * BERT and its masked-language-model head, named as in Hugging Face's BERT and ALBEF (`bert.*`, `cls.predictions.*`). Words are scored by their
 * own vectors, which BERT holds.
 */
export class BertForMaskedWords extends Module {
  readonly bert: BertTransformer;
  readonly cls: MaskedWordLayers;

  constructor(bert: BertTransformer, { epsilon = 1e-12 }: { readonly epsilon?: number } = {}) {
    super();
    this.bert = bert;
    const [vocabulary, width] = bert.embeddings.word_embeddings.weight.shape as [number, number];
    this.cls = new MaskedWordLayers(new Predictions(width, vocabulary, epsilon));
  }

  /** Scores of all words at every place: tokens `[B, N, D]` of {@link bert} → `[B, N, V]`. */
  scores(tokens: Tensor, ctx: Context): Tensor {
    const { transform, bias } = this.cls.predictions;
    const turned = transform.LayerNorm.forward(gelu(transform.dense.forward(tokens, ctx)), ctx);
    return add(linear(turned, this.bert.embeddings.word_embeddings.weight.value), bias.value);
  }

  /** Numbers of a checkpoint as this model takes them: prefix `text_encoder.` off, without repeated tables. */
  adaptCheckpoint(numbers: HostTensors): HostTensors {
    const outer = 'text_encoder.';
    const isInside = Object.keys(numbers).some((path) => path.startsWith(`${outer}bert.`));
    const own = Object.entries(numbers).flatMap(([path, value]) => {
      if (!isInside) return [[path, value] as const];
      return path.startsWith(outer) ? [[path.slice(outer.length), value] as const] : [];
    });
    const wanted = /^(bert\.|cls\.predictions\.)/;
    const kept = own.filter(([path]) => wanted.test(path) && !REPEATED.test(path) && !/\.(position_ids|pooler\..*)$/.test(path));
    return Object.fromEntries(kept);
  }
}
