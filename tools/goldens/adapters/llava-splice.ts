import { EVALUATION, Module, expandDims, disposeAll, mul, toTensor, type Tensor, type Tensors } from '@reidkit/core-tensor'; // prettier-ignore
import type { TokenMap } from '@reidkit/encoders';
import { nextWordLoss, picturesInTurn, placeRows, planSplice, spliceEmbeddings, statesAt, tokenPlaces, visualAdapter, type CausalLM, type SplicePlan, type SpliceRow } from '@reidkit/lmm'; // prettier-ignore
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { goldenWeights } from '../compare-model.ts';
import { hostNumbers } from '../golden-tensors.ts';
import { compareScalarCase, llamaOf } from '../llama-case.ts';
import { LLAVA_TOWER, towerFeaturesOf } from '../llava-tower.ts';

const PROJECTOR = 'model.mm_projector.';

/** What LLaVA trains here. */
class Spliced extends Module {
  readonly lm: CausalLM;
  readonly mm_projector: TokenMap;

  constructor(lm: CausalLM, projector: TokenMap) {
    super();
    this.lm = lm;
    this.mm_projector = projector;
  }
}

/** The texts of a case padded on one side, without their padding. */
function rowsOf(golden: GoldenCase, side: string): SpliceRow[] {
  const numbers = (name: string): { readonly shape: readonly number[]; readonly data: ArrayLike<number> } => hostNumbers(golden.tensor(`in/${side}.${name}`));
  const [ids, labels, mask] = [numbers('input_ids'), numbers('labels'), numbers('attention_mask')];
  const [B, N] = ids.shape as [number, number];
  const kept = ({ data }: { readonly data: ArrayLike<number> }, row: number): number[] =>
    Array.from({ length: N }, (_, i) => row * N + i).flatMap((i) => (mask.data[i] === 1 ? [data[i]!] : []));
  const texts = Array.from({ length: B }, (_, row) => kept(ids, row));
  const pictures = picturesInTurn(texts);
  return texts.map((text, row) => ({ ids: text, labels: kept(labels, row), pictures: pictures[row]! }));
}

function comparePlan(golden: GoldenCase, side: string, plan: SplicePlan, places: Int32Array): void {
  const { report } = golden;
  const of = (name: string): ReturnType<GoldenCase['tensor']> => golden.tensor(`out/${side}.${name}`);
  report.compare(`${side}.labels`, plan.labels.data, of('labels'));
  report.compare(`${side}.attention_mask`, plan.mask.data, of('attention_mask'));
  report.compare(`${side}.position_ids`, plan.positions.data, of('position_ids'));
  report.compare(`${side}.places`, places, of('places'));
}

interface Side {
  readonly loss: Tensor;
  readonly outputs: Tensors;
}

/**
 * The pictures that a side of the case was made with. Its notes say: states in front of the last block. But the reference's list of states
 * is one longer from its second call on, so that sides behind the first can hold the states behind the last block; nothing else differs.
 */
function picturesOf(golden: GoldenCase, side: string, plan: SplicePlan, [before, behind]: readonly [Tensor, Tensor]): Tensor {
  const want = golden.tensor(`out/${side}.inputs_embeds`);
  const width = want.shape[2]!;
  const distance = (pictures: Tensor): number => {
    const numbers = pictures.dataSync();
    return plan.source.data.reduce((most, row, i) => (row < 0 ? most : Math.max(most, Math.abs(numbers[row * width]! - Number(want.data[i * width])))), 0);
  };
  return distance(behind) < distance(before) ? behind : before;
}

/** Outputs of one side, and the scalar. */
function spliced(golden: GoldenCase, model: Spliced, projected: readonly [Tensor, Tensor], side: string): Side {
  const { vocab_size: size, max_length: most } = golden.json.config;
  const rows = rowsOf(golden, side);
  const tokens = projected[0].shape[1]!;
  const plan = planSplice(rows, { tokens, side: side === 'left' ? 'left' : 'right', ...(side === 'cut' ? { most } : {}) });
  const [ids, source, mask, labels] = [plan.ids, plan.source, plan.mask, plan.labels].map((tensor) => toTensor(tensor)) as [Tensor, Tensor, Tensor, Tensor];
  const kinds = [size - 3, size - 2, size - 1];
  const places = tokenPlaces(rows, plan, kinds);
  comparePlan(golden, side, plan, Int32Array.from(places.flatMap(({ row, id, place }) => [row, id - kinds[0]!, place])));
  const embeddings = spliceEmbeddings({ ids, source, mask }, (words) => model.lm.embed(words), picturesOf(golden, side, plan, projected));
  const { states } = model.lm.forward({ embeddings, mask }, EVALUATION);
  const kept = expandDims(mask, -1);
  const [hidden, logits] = [mul(states, kept), model.lm.logits(states, EVALUATION)];
  const loss = nextWordLoss(logits, labels);
  const outputs = { inputs_embeds: embeddings, hidden, logits: mul(logits, kept), loss, states: statesAt(hidden, toTensor(placeRows(places))) };
  return { loss, outputs: Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [`${side}.${name}`, tensor])) };
}

export const adapter: GoldenAdapter = {
  family: 'llava-splice',
  run(golden) {
    const { projector, clip } = golden.json.config;
    const lm = llamaOf(golden);
    const model = new Spliced(lm, visualAdapter({ inputs: clip.hidden_size, outputs: lm.sizes.width, form: projector === 'linear' ? 'linear' : 'mlp2' }));
    const nameOf = (path: string): string => path.replace(/^lm\./, '').replace(/^mm_projector\./, PROJECTOR);
    const weights = goldenWeights(golden);
    const own = Object.entries(weights).flatMap(([name, value]) =>
      name.startsWith(LLAVA_TOWER) ? [] : [[name.startsWith(PROJECTOR) ? name.slice('model.'.length) : `lm.${name}`, value] as const],
    );
    const features = towerFeaturesOf(golden, weights, 'images');
    compareScalarCase(golden, {
      model,
      weights: Object.fromEntries(own),
      nameOf,
      run: () => {
        const [projected, behind] = [features.before, features.behind].map((tokens) => model.mm_projector.forward(tokens, EVALUATION)) as [Tensor, Tensor];
        const sides = Object.fromEntries(['right', 'left', 'cut'].map((side) => [side, spliced(golden, model, [projected, behind], side)]));
        const outputs = Object.assign({}, ...Object.values(sides).map((side) => side.outputs)) as Tensors;
        return { value: sides.right!.loss, outputs: { features: features.before, projected, ...outputs } };
      },
    });
    disposeAll(features);
  },
};
