import {
  add, argMax, concat, defineComponent, div, greaterEqual, cast, log, maximum, mean, Module, mul, neg, normalInit, oneHot, ones, parameter, ReidError, reshape, slice, square,
  sqrt, stack, stopGradient, sub, sum, tensor, topK, transpose, zeros, zerosInit, buffer,
  type Context, type Head, type HostTensors, type ImageEncoder, type ImageTokens, type Model, type ModelPass, type Parameter, type Tensor, type Tensors, type TextEncoder,
} from '@reidkit/core-tensor'; // prettier-ignore
import { bnneck, classifier, maskedPooling, openAbove, PartConfidence, promptBank, prototypeLogits, prototypeMasks, PrototypeMemory, withBackground, type PromptBank } from '@reidkit/encoders'; // prettier-ignore
import { denseMap, type DenseMap, type DenseSource, type DenseTap, firstOf, patchesOf } from './dense-map.ts';
import { fixedMasks } from './fixed-masks.ts';
import { insidePerson } from './inside-person.ts';
import { rganetOptions, type RganetSettings } from './model-options.ts';
import { regionPrompts } from './region-prompts.ts';
import { regionWeights } from './region-weights.ts';
import { rganetNumbers } from './rganet-numbers.ts';

/** An image encoder that projects every place of its grid to the space of texts. */
export interface DenseEncoder extends ImageEncoder, Omit<DenseSource, 'width'> {
  readonly projectedWidth: number;
  readonly grid: readonly [height: number, width: number];
}

/** Parts of an {@link RganetModel}. */
export interface RganetParts extends Omit<RganetSettings, 'encoder' | 'text'> {
  readonly encoder: DenseEncoder;
  readonly text?: TextEncoder | undefined;
  readonly prompts?: PromptBank | undefined;
}

/** What an image shows: the map `[B, N, E]` and the descriptor of the whole `[B, E]`. */
interface Seen {
  readonly map: Tensor;
  readonly global: Tensor;
}

/** What is known of the regions of a batch. */
interface Regions {
  /** `[B, P, N]` */
  readonly masks: Tensor;
  /** `[B, P, E]` */
  readonly parts: Tensor;
  /** `[B, P]` each */
  readonly mass: Tensor;
  readonly alpha: Tensor;
  readonly beta: Tensor;
  readonly loss: Tensor;
  readonly softmax: Tensor;
  readonly mean: Tensor;
}

const LEARNING = ['alpha', 'beta', 'weight', 'mass', 'share', 'entropy', 'gate', 'drift'];
const FOUND = ['regions', 'regions.masks', 'alpha', 'beta', 'weight', 'weight.softmax', 'weight.mean', 'mass'];

/**
 * RGANet: regions where the map of CLIP is nearest to prototypes of texts, each with a descriptor, a classifier and a weight, beside the
 * descriptor of the whole. Passes: `prompts` gives the masks' logits with prototypes straight from the texts, `prototypes` these prototypes,
 * `stripes` the means of equal stripes, from which the memory begins.
 * @see He et al., "Region Generation and Assessment Network for Occluded Person Re-Identification".
 */
export class RganetModel extends Module implements Model {
  readonly image_encoder: DenseEncoder;
  /** `[E]` */
  readonly background: Parameter | undefined;
  /** `[P, E]`, of the texts; nothing learns them in the main stage. */
  readonly prototypes: Parameter | undefined;
  /** `[P, E]`, running means of the regions. */
  readonly memory: Parameter | undefined;
  readonly confidence: PartConfidence | undefined;
  readonly dense: DenseMap | undefined;
  readonly bottleneck: Head | undefined;
  readonly region_bottlenecks: readonly Head[] | undefined;
  readonly classifier: Head;
  readonly region_classifiers: readonly Head[] | undefined;
  readonly prompt: PromptBank | undefined;
  readonly text_encoder: TextEncoder | undefined;
  /** Names of the regions, where there are any. */
  readonly partNames?: readonly string[];
  /** Grid of their masks. */
  readonly partGrid?: readonly [rows: number, columns: number];
  readonly #settings: Omit<RganetSettings, 'encoder' | 'text'>;
  readonly #memory: PrototypeMemory | undefined;

  constructor({ encoder, text, prompts, ...settings }: RganetParts) {
    super();
    const { names, region, classes, momentum, momentumOn, neck } = settings;
    const width = encoder.projectedWidth;
    const hasRegions = region !== 'none';
    const each = (make: () => Head): Head[] => Array.from({ length: settings.classifiers === 'own' ? names.length : 1 }, make);
    this.image_encoder = encoder;
    if (hasRegions) [this.partNames, this.partGrid] = [names, encoder.grid];
    this.background = region === 'rgm' ? parameter([width], normalInit(0.02)) : undefined;
    this.prototypes = region === 'rgm' ? buffer([names.length, width], zerosInit) : undefined;
    this.#memory = hasRegions ? new PrototypeMemory({ count: names.length, width, momentum, momentumOn }) : undefined;
    this.memory = this.#memory?.centres;
    this.confidence = hasRegions ? confidenceOf(width, settings) : undefined;
    this.dense = denseMap(settings.denseAdapter, encoder);
    this.bottleneck = neck === 'none' ? undefined : bnneck({ width });
    this.region_bottlenecks = regionNecks(width, settings);
    this.classifier = classifier({ width, classes });
    this.region_classifiers = hasRegions ? each(() => classifier({ width, classes })) : undefined;
    this.prompt = region === 'rgm' ? prompts : undefined;
    this.text_encoder = region === 'rgm' ? text : undefined;
    this.#settings = settings;
  }

  get imageSize(): readonly [number, number] {
    return this.image_encoder.imageSize;
  }

  get reads(): readonly string[] {
    const { personMask, region } = this.#settings;
    return [...(this.image_encoder.reads ?? []), ...(personMask === undefined || region === 'none' ? [] : [personMask])];
  }

  get gives(): Model['gives'] {
    const { region, neck } = this.#settings;
    const whole = ['global', ...(neck === 'none' ? [] : ['global.bn'])];
    if (region === 'none') return { training: [...whole, 'logits.global'], evaluation: whole };
    const parts = neck === 'all' ? ['regions.bn'] : [];
    const logits = ['logits.global', 'logits.regions', ...(region === 'rgm' ? ['maskLogits'] : [])];
    return { training: [...whole, 'regions', ...parts, ...logits, ...LEARNING], evaluation: [...whole, ...FOUND, ...parts] };
  }

  /** `stripes` where there are regions; `prompts` and `prototypes` where there is a text side too. */
  get passes(): Readonly<Record<string, ModelPass>> {
    const pass = (reads: readonly string[], gives: readonly string[], forward: ModelPass['forward']): ModelPass => ({
      reads,
      gives: { training: gives, evaluation: gives },
      forward,
    });
    const images = ['images', ...(this.image_encoder.reads ?? [])];
    if (!this.memory) return {};
    const stripes = pass(images, ['stripes'], (batch, ctx) => ({ stripes: this.#stripes(batch, ctx) }));
    if (!this.text_encoder) return { stripes };
    return {
      stripes,
      prompts: pass(images, ['maskLogits', 'prototypes'], (batch, ctx) => this.#promptPass(batch, ctx)),
      prototypes: pass([], ['prototypes'], (_batch, ctx) => ({ prototypes: this.prototypesOfTexts(ctx) })),
    };
  }

  /** `images [B, H, W, 3]` and cameras or views, where there are vectors for them → the outputs that `gives` names. */
  forward(batch: Tensors, ctx: Context): Tensors {
    const { map, global } = this.#see(batch, ctx, this.#settings.dense);
    const neck = this.bottleneck?.forward(global, ctx);
    const whole = { global, ...(neck ? { 'global.bn': neck } : {}) };
    const logits = ctx.training ? { 'logits.global': this.classifier.forward(neck ?? global, ctx) } : {};
    if (!this.memory) return { ...whole, ...logits };
    const found = this.#regions(map, batch, ctx);
    const { parts, masks, mass, alpha, beta } = found;
    const necks = this.region_bottlenecks?.map((each, at) => each.forward(partOf(parts, at), ctx));
    const common = { ...whole, regions: parts, alpha, beta, mass, ...(necks ? { 'regions.bn': stack(necks, 1) } : {}) };
    const match = found[this.#settings.matchWeight];
    if (!ctx.training) {
      return { ...common, 'regions.masks': masks, weight: match, 'weight.softmax': found.softmax, 'weight.mean': found.mean };
    }
    const { names, classifiers } = this.#settings;
    const heads = names.map((_, at) => this.region_classifiers![classifiers === 'own' ? at : 0]!);
    const scores = heads.map((head, at) => head.forward(necks?.[at] ?? partOf(parts, at), ctx));
    const maskLogits = this.prototypes ? { maskLogits: prototypeLogits(map, this.#prototypes(), this.#sharpness) } : {};
    return {
      ...common,
      ...logits,
      ...maskLogits,
      'logits.regions': stack(scores, 1),
      weight: found.loss,
      ...this.#learn(found, match, ctx),
    };
  }

  /** Prototypes of the regions' texts: `[P, E]`. Throws INVALID_ARGUMENT without a text side. */
  prototypesOfTexts(ctx: Context): Tensor {
    if (this.text_encoder && this.prompt) return this.text_encoder.forward(this.prompt.forward(), ctx).summary;
    throw new ReidError('INVALID_ARGUMENT', 'This model has no text side.', {
      hint: 'set its option "text": { "use": "encoder/clip-text" }.',
    });
  }

  get #sharpness(): { gamma: number; epsilon: number } {
    return { gamma: this.#settings.gamma, epsilon: 1e-6 };
  }

  #prototypes(): Tensor {
    return withBackground(this.background!.value, this.prototypes!.value);
  }

  #see(batch: Tensors, ctx: Context, form: 'project' | 'valueOnly'): Seen {
    const { global, denseAdapter } = this.#settings;
    const facts = Object.fromEntries((this.image_encoder.reads ?? []).flatMap((name) => (batch[name] ? [[name, batch[name]]] : [])));
    const tokens: ImageTokens = this.image_encoder.forward(batch.images!, ctx, facts);
    const tap: DenseTap = form === 'project' ? 'projected' : 'valueOnly';
    const map = this.dense ? this.dense.forward(tokens, tap, ctx) : patchesOf(tokens, tap);
    if (global === 'cls') return { map, global: firstOf(tokens, 'projected') };
    return { map, global: mean(denseAdapter === 'ownLastBlock' ? patchesOf(tokens, 'projected') : map, 1) };
  }

  #promptPass(batch: Tensors, ctx: Context): Tensors {
    const { map } = this.#see(batch, ctx, this.#settings.promptDense ?? this.#settings.dense);
    const prototypes = this.prototypesOfTexts(ctx);
    return { prototypes, maskLogits: prototypeLogits(map, withBackground(this.background!.value, prototypes), this.#sharpness) };
  }

  #stripes(batch: Tensors, ctx: Context): Tensor {
    const { map } = this.#see(batch, ctx, this.#settings.dense);
    return maskedPooling(map, this.#everywhere(map)).parts;
  }

  /** The fixed masks for every image: `[B, P, N]`. */
  #everywhere(map: Tensor): Tensor {
    const { data, shape } = fixedMasks(this.#settings.names, this.image_encoder.grid);
    return add(tensor(data as Float32Array, [...shape] as [number, number, number]), zeros([map.shape[0]!, 1, 1]));
  }

  /** Masks of the regions: `[B, P, N]`, and of the background where there is one. */
  #masks(map: Tensor): Tensor {
    if (!this.prototypes) return this.#everywhere(map);
    const all = prototypeMasks(map, this.#prototypes(), this.#sharpness);
    const [B, , N] = all.shape as [number, number, number];
    const P = this.#settings.names.length;
    const chosen =
      this.#settings.assign === 'soft'
        ? all
        : transpose(reshape(oneHot(reshape(argMax(stopGradient(all), 1), [B * N]), P + 1), [B, N, P + 1]), [0, 2, 1]);
    return slice(chosen, [0, 1, 0], [B, P, N]);
  }

  #regions(map: Tensor, batch: Tensors, ctx: Context): Regions {
    const { personMask } = this.#settings;
    const everywhere = this.#masks(map);
    const masks = personMask === undefined ? everywhere : insidePerson(everywhere, batch[personMask]!);
    const { parts, mass } = maskedPooling(map, masks);
    const confidence = this.confidence!.forward(parts, this.#memory!.read(), ctx);
    const { weightPrior: prior, ...options } = this.#settings;
    return { masks, parts, mass, ...confidence, ...regionWeights(confidence, mass, { ...options, prior }) };
  }

  /** Updates the memory, and says what the log wants to know. */
  #learn({ parts, masks, alpha }: Regions, match: Tensor, ctx: Context): Tensors {
    const gate = this.#gate(stopGradient(alpha));
    const before = this.#memory!.read();
    const moved = sub(this.#memory!.update(parts, gate, ctx), before);
    const norm = (x: Tensor): Tensor => sqrt(sum(square(x), 1));
    const squares = sum(square(match), 1);
    return {
      gate,
      share: div(squares, add(squares, 1)),
      entropy: entropyOf(masks),
      drift: div(norm(moved), add(norm(before), 1e-12)),
    };
  }

  /** Regions that update the memory: `alpha [B, P]` → 0 or 1. */
  #gate(alpha: Tensor): Tensor {
    const { gate, dai } = this.#settings;
    if (gate === 'none' || !dai) return ones(alpha.shape);
    if ('above' in gate) return openAbove(alpha, gate.above);
    const [B] = alpha.shape as [number, number];
    const count = Math.max(1, Math.round(gate.top * B));
    const { values } = topK(transpose(alpha), count);
    const least = slice(values, [0, count - 1], [alpha.shape[1]!, 1]);
    return cast(greaterEqual(alpha, transpose(least)), 'float32');
  }

  /**
   * Numbers of a whole CLIP, or of this model for another image size or with a text side that this one has not, as it takes them. A CLIP has no
   * heads, background and memory.
   */
  adaptCheckpoint(numbers: HostTensors): HostTensors {
    return rganetNumbers(numbers, {
      encoder: this.image_encoder,
      text: this.text_encoder,
      prompts: this.prompt,
      ownLastBlock: this.#settings.denseAdapter === 'ownLastBlock',
    });
  }
}

function regionNecks(width: number, { region, neck, names }: Pick<RganetSettings, 'region' | 'neck' | 'names'>): Head[] | undefined {
  return region !== 'none' && neck === 'all' ? names.map(() => bnneck({ width })) : undefined;
}

function confidenceOf(
  width: number,
  { confidenceBias, invariance, invarianceScale }: Pick<RganetSettings, 'confidenceBias' | 'invariance' | 'invarianceScale'>,
): PartConfidence {
  return new PartConfidence({ width, hasBias: confidenceBias, invariance, scale: invarianceScale, epsilon: 1e-6 });
}

/** One region of each image: `[B, P, E] → [B, E]`. */
function partOf(parts: Tensor, at: number): Tensor {
  const [B, , E] = parts.shape as [number, number, number];
  return reshape(slice(parts, [0, at, 0], [B, 1, E]), [B, E]);
}

/** Entropy of where a place belongs, regions and the rest, in nats: `[B, P, N] → [B]`, mean over places. */
function entropyOf(masks: Tensor): Tensor {
  const rest = sub(1, sum(masks, 1, true));
  const all = concat([masks, rest], 1);
  return mean(neg(sum(mul(all, log(maximum(all, 1e-12))), 1)), 1);
}

function denseEncoder(encoder: ImageEncoder, use: string): DenseEncoder {
  if ('projectedWidth' in encoder && 'grid' in encoder) return encoder as DenseEncoder;
  throw new ReidError('INVALID_OPTIONS', `model/rganet needs an encoder that projects places of a grid to the space of texts, which "${use}" does not.`, {
    hint: 'take "encoder/clip-vision".',
  }); // prettier-ignore
}

function promptsOf(text: TextEncoder, settings: RganetSettings): PromptBank {
  const { texts = regionPrompts(settings), promptDeviation: deviation } = settings;
  return promptBank({ texts, width: text.width, length: text.length, deviation });
}

/** `model/rganet`. */
export const rganetModel = defineComponent({
  summary: "RGANet: regions of CLIP's map by prototypes of texts, each with a classifier and a learned weight, beside the whole.",
  paper: 'https://arxiv.org/abs/2309.03558',
  options: rganetOptions,
  build: (settings, use) => {
    const { encoder: node, text: textNode, ...rest } = settings;
    const encoder = denseEncoder(use<ImageEncoder>(node), node.use);
    const text = textNode && use<TextEncoder>(textNode);
    if (text && text.summaryWidth !== encoder.projectedWidth) {
      const message = `model/rganet expected texts as wide as projected images, got ${text.summaryWidth} beside ${encoder.projectedWidth}.`;
      throw new ReidError('INVALID_OPTIONS', message, { hint: 'set "summaryWidth" of "text" to "projectedWidth" of "encoder".' });
    }
    return new RganetModel({ ...rest, encoder, text, prompts: text && promptsOf(text, settings) });
  },
});
