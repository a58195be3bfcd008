import { EVALUATION, Module, concat, expandDims, mul, reshape, slice, toTensor, transpose, zeros, type Tensor } from '@reidkit/core-tensor';
import type { TokenMap } from '@reidkit/encoders';
import { placeRows, planSplice, spliceEmbeddings, statesAt, tokenPlaces, visualAdapter, type CausalLM, type SplicePlan, type SpliceRow, type TokenPlace } from '@reidkit/lmm'; // prettier-ignore
import { mapsOnFrame, Sam, StateProjector, type SamMasks } from '@reidkit/segmenter';
import type { GoldenCase } from './adapter.ts';
import { hostNumbers } from './golden-tensors.ts';
import { llamaOf } from './llama-case.ts';

/** A language model with SAM behind it, without its frozen vision tower. */
export class Gsva extends Module {
  readonly lm: CausalLM;
  readonly mm_projector: TokenMap;
  readonly text_hidden_fcs: StateProjector;
  readonly visual_model: Sam;

  constructor(golden: GoldenCase) {
    super();
    const { config } = golden.json;
    const { sam } = config;
    this.lm = llamaOf(golden);
    const width = this.lm.sizes.width;
    this.mm_projector = visualAdapter({ inputs: config.clip.hidden_size, outputs: width, form: config.projector === 'linear' ? 'linear' : 'mlp2' });
    this.text_hidden_fcs = new StateProjector({ width }, { width: sam.dim, form: 'mlp' });
    this.visual_model = new Sam({
      imageSize: sam.img_size,
      patch: sam.patch_size,
      width: sam.embed_dim,
      depth: sam.depth,
      heads: sam.num_heads,
      mlpRatio: 2,
      window: sam.window_size,
      globalLayers: [sam.depth - 1],
      decoder: { width: sam.dim, heads: 2, hidden: sam.mlp_dim, qualityHidden: sam.dim + 2 },
    });
  }
}

const PLACES: readonly (readonly [ours: string, theirs: string])[] = [
  ['lm.', ''],
  ['mm_projector.', 'model.mm_projector.'],
  ['text_hidden_fcs.', 'model.text_hidden_fcs.0.'],
  ['visual_model.', 'model.visual_model.'],
];

/** Their name of one of our parameters. */
export function theirName(path: string): string {
  const [ours, theirs] = PLACES.find(([start]) => path.startsWith(start))!;
  return theirs + path.slice(ours.length);
}

/** Our name of one of their parameters. */
export function ourName(name: string): string {
  const [ours, theirs] = [...PLACES].reverse().find(([, start]) => name.startsWith(start))!;
  return ours + name.slice(theirs.length);
}

/** A frame of a case: its size and its size in SAM's input. */
interface Frame {
  readonly frame: readonly [number, number];
  readonly resized: readonly [number, number];
}

/** Texts of a case, which picture each is about, and what stands where. */
export class GsvaTexts {
  readonly rows: readonly SpliceRow[];
  readonly plan: SplicePlan;
  /** Places of states that tell [SEG] and [REJ], in their order. */
  readonly places: readonly TokenPlace[];
  readonly seg: number;
  readonly rej: number;

  constructor(rows: readonly SpliceRow[], tokens: number, vocabulary: number) {
    [this.seg, this.rej] = [vocabulary - 2, vocabulary - 1];
    this.rows = rows;
    this.plan = planSplice(rows, { tokens });
    this.places = tokenPlaces(rows, this.plan, [this.seg, this.rej]);
  }
}

/** Texts of a case without their padding. */
export function gsvaRows(golden: GoldenCase): SpliceRow[] {
  const [ids, labels, mask, offset] = ['input_ids', 'labels', 'attention_mask', 'offset'].map((name) => hostNumbers(golden.tensor(`in/${name}`)).data) as ArrayLike<number>[]; // prettier-ignore
  const [count, length] = golden.tensor('in/input_ids').shape as [number, number];
  const kept = (data: ArrayLike<number>, row: number): number[] =>
    Array.from({ length }, (_, i) => row * length + i).flatMap((i) => (mask![i] === 1 ? [data[i]!] : []));
  const image = (row: number): number => Array.from(offset!).filter((start) => start <= row).length - 1;
  return Array.from({ length: count }, (_, row) => ({ ids: kept(ids!, row), labels: kept(labels!, row), pictures: [image(row)] }));
}

/** What a language model says of texts with pictures. */
export interface GsvaStates {
  readonly states: Tensor;
  /** Projected states, zero at padding. */
  readonly hidden: Tensor;
  readonly logits: Tensor;
}

/** Runs the language model; `pictures` are projected tokens of every picture. */
export function gsvaStates(model: Gsva, { plan }: GsvaTexts, pictures: Tensor): GsvaStates {
  const [ids, source, mask] = [plan.ids, plan.source, plan.mask].map((tensor) => toTensor(tensor)) as [Tensor, Tensor, Tensor];
  const embeddings = spliceEmbeddings({ ids, source, mask }, (words) => model.lm.embed(words), pictures);
  const { states } = model.lm.forward({ embeddings, mask }, EVALUATION);
  const hidden = mul(model.text_hidden_fcs.forward(states, EVALUATION), expandDims(mask, -1));
  return { states, hidden, logits: model.lm.logits(states, EVALUATION) };
}

/** SAM's vectors of images `[B, H, W, 3]`: `[B, C, h, w]`. */
export function gsvaImages({ visual_model: { image_encoder: encoder } }: Gsva, images: Tensor): Tensor {
  const { patches, grid } = encoder.forward(images, EVALUATION);
  return transpose(reshape(patches, [patches.shape[0]!, ...grid, patches.shape[2]!]), [0, 3, 1, 2]);
}

/** Masks of one text, one for each state. */
export interface GsvaMasks {
  readonly sparse: Tensor;
  readonly low: Tensor;
  readonly quality: Tensor;
}

/** Masks of the states at some places of a text, `[n, 1, h, w]`, from one image. */
export function gsvaMasks({ visual_model: sam }: Gsva, hidden: Tensor, image: Tensor, places: readonly TokenPlace[]): GsvaMasks {
  const { width, grid } = sam.prompt_encoder;
  const [height, columns] = grid.map((length) => length * 4) as [number, number];
  const count = places.length;
  if (count === 0) return { sparse: zeros([0, 1, width]), low: zeros([0, 1, height, columns]), quality: zeros([0, 1]) };
  const vectors = expandDims(statesAt(hidden, toTensor(placeRows(places))), 1);
  const prompts = sam.prompt_encoder.forward({ vectors }, EVALUATION);
  const found: SamMasks = sam.mask_decoder.forward({ image, positions: sam.prompt_encoder.positions(), ...prompts }, EVALUATION);
  const low = slice(found.logits, [0, 0, 0, 0], [count, 1, height, columns]);
  return { sparse: prompts.sparse, low, quality: slice(found.quality, [0, 0], [count, 1]) };
}

/** Masks on the frame, `[n, H, W]`: of [SEG] what was found, of [REJ] zeros, in the order of the places. */
export function gsvaPictures(low: Tensor, isFound: readonly boolean[], { frame, resized }: Frame, side: number): Tensor {
  const empty = zeros([1, ...frame]);
  if (isFound.length === 0) return zeros([0, ...frame]);
  let next = 0;
  const rows = isFound.map((found) => {
    if (!found) return empty;
    const one = slice(low, [next++, 0, 0, 0], [1, 1, ...low.shape.slice(2)]);
    return reshape(mapsOnFrame(one, { padded: [side, side], shown: resized, frame }), [1, ...frame]);
  });
  return concat(rows, 0);
}
