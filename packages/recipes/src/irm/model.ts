import { type Adapter, type Context, concat, defineComponent, EVALUATION, type HostTensors, type ImageEncoder, type Model, type ModelPass, Module, ReidError, reshape, stopGradient, type Tensor, type Tensors, type TextTokens } from '@reidkit/core-tensor'; // prettier-ignore
import { BertForMaskedWords, type BertTransformer, firstToken, givenInstructions, type InstructionEncoder, pictureInstructions, SwapClassFusion, textInstructions, type TokenLayer, type VisionTransformer, vitLayer, Linear } from '@reidkit/encoders'; // prettier-ignore
import { irmNumbers } from './irm-numbers.ts';
import { type InstructionForm, irmOptions, type IrmSettings } from './model-options.ts';
import { descriptorOf, HEAD_OUTPUTS, runHeads, SCORE_OUTPUTS, type SeenImage, TaskHeads } from './task-heads.ts';
import { TextMatching } from './text-matching.ts';

/** Parts of an {@link IrmModel}. */
export interface IrmParts {
  /** The image transformer, edited or not. */
  readonly encoder: VisionTransformer;
  readonly text?: BertTransformer | undefined;
  readonly garment?: VisionTransformer | undefined;
  readonly settings: IrmSettings;
}

/** BERT alone, under the name that it has inside released checkpoints. */
class TextTower extends Module {
  readonly bert: BertTransformer;

  constructor(bert: BertTransformer) {
    super();
    this.bert = bert;
  }
}

/** Heads of several tasks by name. */
class TaskTable extends Module {
  constructor(tasks: Readonly<Record<string, TaskHeads>>) {
    super();
    Object.assign(this, tasks);
  }
}

/**
 * IRM: an image transformer whose layers an instruction edits, and a fusion of both at the end. Every task is a pass of its name, with heads of
 * its own; `match` trains image-text pairs, `text` describes a text. In evaluation its own forward is that of the first task; where there is
 * only matching, it gives the projected class token. Names are those of the released code.
 * @see "Instruct-ReID: A Multi-purpose Person Re-identification Task with Instructions" (CVPR 2024).
 */
export class IrmModel extends Module implements Model {
  readonly visual_encoder: VisionTransformer;
  readonly visual_encoder_m: VisionTransformer | undefined;
  readonly text_encoder: TextTower | BertForMaskedWords | undefined;
  readonly fusion: SwapClassFusion;
  readonly tasks: TaskTable | undefined;
  readonly #settings: IrmSettings;
  readonly #matching: TextMatching | undefined;

  constructor({ encoder, text, garment, settings }: IrmParts) {
    super();
    const { width } = encoder;
    this.#settings = settings;
    this.visual_encoder = encoder;
    this.visual_encoder_m = garment;
    this.text_encoder = text && (settings.matching?.memory ? new BertForMaskedWords(text) : new TextTower(text));
    this.fusion = this.#makeFusion(width);
    const names = Object.keys(settings.tasks);
    const heads = Object.fromEntries(Object.entries(settings.tasks).map(([name, { classes }]) => [name, new TaskHeads(width, classes)]));
    if (names.length === 1) Object.assign(this, heads[names[0]!]);
    this.tasks = names.length > 1 ? new TaskTable(heads) : undefined;
    this.#matching = settings.matching && this.#makeMatching(settings.matching);
    Object.assign(this, this.#matching?.tree ?? {});
    if (settings.extras) {
      const extras = {
        project: new Linear({ inputs: width, outputs: width, hasBias: false }),
        prd_head: new Linear({ inputs: width, outputs: 2 }),
      };
      Object.assign(this, extras);
    }
  }

  #makeFusion(width: number): SwapClassFusion {
    const { layers, heads, mlpRatio, weights } = this.#settings.fusion;
    const own = Array.from({ length: layers }, () => vitLayer({ width, heads, mlpRatio }));
    if (weights === 'own') return new SwapClassFusion(own);
    // The release copies layers −0, −1, −2 …, which is the first one and then those from the end.
    return new SwapClassFusion(own, () => own.map((_, i): TokenLayer => this.visual_encoder.blocks.at(-i)!));
  }

  #makeMatching(settings: NonNullable<IrmSettings['matching']>): TextMatching {
    const text = this.text_encoder;
    if (!text || text.bert.fusionLayer === text.bert.encoder.layer.length) {
      throw new ReidError('INVALID_OPTIONS', 'model/irm with "matching" needs a text encoder whose upper layers attend to images.', {
        hint: 'set "text" to { "use": "encoder/bert", "options": { "fusionLayer": 6 } }.',
      });
    }
    return new TextMatching(text as BertForMaskedWords, settings, () => this.text_encoder as BertForMaskedWords);
  }

  get imageSize(): readonly [number, number] {
    return this.visual_encoder.imageSize;
  }

  get reads(): readonly string[] {
    return this.#matching ? [] : this.#firstPass.reads.filter((name) => name !== 'images');
  }

  get gives(): Model['gives'] {
    return this.#matching ? { training: ['descriptor'], evaluation: ['descriptor'] } : this.#firstPass.gives;
  }

  get #firstPass(): ModelPass {
    return this.#taskPass(Object.keys(this.#settings.tasks)[0]!);
  }

  /** A pass for every task by its name; `match` and `text` with matching. */
  get passes(): Readonly<Record<string, ModelPass>> {
    const tasks = Object.fromEntries(Object.keys(this.#settings.tasks).map((name) => [name, this.#taskPass(name)]));
    return this.#matching ? { ...tasks, ...this.#matchPasses(this.#matching) } : tasks;
  }

  /** `images [B, H, W, 3]` and the instructions of the first task → the outputs that `gives` names. */
  forward(batch: Tensors, ctx: Context): Tensors {
    if (!this.#matching) return this.#firstPass.forward(batch, ctx);
    return { descriptor: this.#matching.imageFeature(this.visual_encoder.forward(batch.images!, ctx).cls!, ctx) };
  }

  #instructionEncoder(form: InstructionForm): InstructionEncoder | undefined {
    if (form === 'none') return undefined;
    if (form === 'given') return givenInstructions;
    const missing = (what: string): never => {
      throw new ReidError(
        'INVALID_OPTIONS',
        `A task of model/irm takes instructions of the form "${form}", but the model has no "${what}".`,
      );
    };
    if (form === 'text') return textInstructions(() => this.text_encoder?.bert ?? missing('text'));
    return pictureInstructions(() => this.visual_encoder_m ?? missing('garment'));
  }

  #encode(encoder: InstructionEncoder, batch: Tensors, ctx: Context): TextTokens {
    if (this.#settings.instructionGradient) return encoder.encode(batch, ctx);
    const { tokens, mask, summary } = encoder.encode(batch, EVALUATION);
    return { tokens: stopGradient(tokens), mask, summary: stopGradient(summary) };
  }

  /** Necks and classifiers of a task: a single one has them in the model's own tree. */
  #headsOf(task: string): TaskHeads {
    return this.tasks ? (this.tasks as unknown as Readonly<Record<string, TaskHeads>>)[task]! : (this as unknown as TaskHeads);
  }

  #taskPass(task: string): ModelPass {
    const encoder = this.#instructionEncoder(this.#settings.tasks[task]!.instruction);
    const told = encoder ? ['instruction'] : [];
    return {
      reads: ['images', ...(encoder?.reads ?? [])],
      gives: {
        training: [...HEAD_OUTPUTS, ...SCORE_OUTPUTS, ...told],
        evaluation: [...HEAD_OUTPUTS, ...told, 'descriptor'],
      },
      forward: (batch, ctx) => {
        const instruction = encoder && this.#encode(encoder, batch, ctx);
        const outputs = runHeads(this.#headsOf(task), this.#see(batch.images!, instruction, ctx), ctx);
        const all = instruction ? { ...outputs, instruction: instruction.summary } : outputs;
        return ctx.training ? all : { ...all, descriptor: descriptorOf(all, this.#settings.descriptor) };
      },
    };
  }

  /** Class token and patches `[B, 1 + N, D]`, edited by the instruction where layers attend to one. */
  #tokens(images: Tensor, instruction: TextTokens | undefined, ctx: Context): { readonly cls: Tensor; readonly tokens: Tensor } {
    const isEdited = this.visual_encoder.blocks.some(({ usesSide }) => usesSide);
    const side = instruction && isEdited ? { side: { tokens: instruction.tokens, mask: instruction.mask } } : {};
    const { cls, patches } = this.visual_encoder.forward(images, ctx, side);
    const [B, , D] = patches.shape as [number, number, number];
    return { cls: cls!, tokens: concat([reshape(cls!, [B, 1, D]), patches], 1) };
  }

  #see(images: Tensor, instruction: TextTokens | undefined, ctx: Context): SeenImage {
    const { cls, tokens } = this.#tokens(images, instruction, ctx);
    // Without an instruction the image is fused with itself.
    const other = instruction ?? { tokens, mask: undefined };
    const { masksPadding } = this.#settings.fusion;
    const { first, second } = this.fusion.forward({ tokens }, { tokens: other.tokens, mask: masksPadding ? other.mask : undefined }, ctx);
    return { global: cls, bio: firstToken(first), clot: firstToken(second) };
  }

  #matchPasses(matching: TextMatching): Readonly<Record<string, ModelPass>> {
    const bert = (): BertTransformer => this.text_encoder!.bert;
    return {
      match: {
        reads: ['images', 'textIds', 'textMask', 'labels', ...matching.reads],
        gives: { training: matching.gives, evaluation: [] },
        forward: (batch, ctx) => {
          const images = this.#tokens(batch.images!, undefined, ctx).tokens;
          const texts = bert().forward({ ids: batch.textIds!, mask: batch.textMask! }, ctx);
          return matching.forward({ images, texts, batch }, ctx);
        },
      },
      text: {
        reads: ['textIds', 'textMask'],
        gives: { training: ['descriptor'], evaluation: ['descriptor'] },
        forward: (batch, ctx) => {
          const { summary } = bert().forward({ ids: batch.textIds!, mask: batch.textMask! }, ctx);
          return { descriptor: matching.textFeature(summary, ctx) };
        },
      },
    };
  }

  /** Numbers of the released code, of an image transformer or of ALBEF, as this model takes them. */
  adaptCheckpoint(numbers: HostTensors): HostTensors {
    return irmNumbers(numbers, this);
  }
}

/** `model/irm`. */
export const irmModel = defineComponent({
  summary: "IRM (Instruct-ReID): one model for six tasks, told by an instruction which one; under the released code's names.",
  paper: 'https://arxiv.org/abs/2306.07520',
  options: irmOptions,
  build: (settings, use): Model => {
    const encoder = use<ImageEncoder>(settings.encoder) as VisionTransformer;
    if (settings.editing) use<Adapter>(settings.editing).attach(encoder);
    const text = settings.text && use<BertTransformer>(settings.text);
    const garment = settings.garment && use<VisionTransformer>(settings.garment);
    return new IrmModel({ encoder, text, garment, settings });
  },
});
