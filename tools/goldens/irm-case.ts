import type { HostTensor, HostTensors, Node, Recipe } from '@reidkit/core-tensor';
import { irm, type IrmTask } from '@reidkit/recipes';
import type { GoldenCase, GoldenTensor } from './adapter.ts';
import { pixelsOf, plainFacts, tensorsUnder } from './tensor-sources.ts';

/** Tensors that repeat others or that nothing reads. */
const REPEATED = /\.cls\.predictions\.decoder\.|position_ids$|num_batches_tracked$/;

/** Counters and queues of identities are numbers of 32 bits in the library's state, like everything there. */
const asFloats = (tensor: GoldenTensor): GoldenTensor => ({ ...tensor, dtype: 'F32', data: Float32Array.from(tensor.data as ArrayLike<number>, Number) });

/** A case under the library's names: without what is there twice, and with the mark of a twin that follows already. */
export function irmGolden(golden: GoldenCase): GoldenCase {
  const named = (key: string): string => key.replace(/^((?:w0|w1|grad\/\d+)\/)image_encoder\./, '$1visual_encoder.');
  const theirs = new Map(golden.keys.filter((key) => !REPEATED.test(key)).map((key) => [named(key), key]));
  const hasTwin = golden.keys.some((key) => key.startsWith('w0/text_encoder_m.'));
  const started: GoldenTensor = { dtype: 'F32', shape: [1], data: Float32Array.of(1) };
  const rename = (table: object = {}): object => Object.fromEntries(Object.entries(table).map(([key, value]) => [named(key), value]));
  const read = (key: string): GoldenTensor => {
    if (hasTwin && key === 'w0/twin_started') return started;
    const tensor = golden.tensor(theirs.get(key) ?? key);
    return /^w[01]\/(idx_queue|queue_ptr)$/.test(key) ? asFloats(tensor) : tensor;
  };
  return {
    name: golden.name,
    folder: golden.folder,
    json: { ...golden.json, ...(golden.json.loose ? { loose: rename(golden.json.loose) } : {}) },
    tensor: read,
    has: (key) => theirs.has(key),
    keys: [...theirs.keys(), ...(hasTwin ? ['w0/twin_started', 'w1/twin_started'] : [])].filter((key) => key !== 'w1/twin_started'),
    report: golden.report,
  };
}

/** The recipe of a preset with the sizes of a case, and one task. */
export function irmRecipe({ json: { config } }: GoldenCase, preset: 'paper' | 'code', model: object, task: IrmTask = 'traditional'): Recipe {
  const { grid_h: high, grid_w: wide, patch, width, layers: depth, heads, mlp_ratio: mlpRatio } = config;
  const recipe = irm({ preset, tasks: [task] });
  const encoder = { imageSize: [high * patch, wide * patch], patch, width, depth, heads, mlpRatio, dropPath: 0, parts: preset === 'code' ? 3 : 0 };
  return {
    ...recipe,
    model: { use: 'model/irm', options: { encoder: { use: 'encoder/vit', options: encoder }, ...model } },
  };
}

/** Towers of instructions as the cases of the released code have them. */
export function irmTowers({ json: { config } }: GoldenCase): { readonly text: Node; readonly garment: Node } {
  const { width, heads, vocab: vocabulary, text_layers: textDepth, fusion_from: fusionLayer, text_length: words, mlp_ratio: mlpRatio } = config;
  const { garment_grid: grid, garment_layers: depth, patch } = config;
  const text = { vocabulary, width, depth: textDepth, fusionLayer, heads, hidden: 2 * width, length: words + 2, sideWidth: width };
  return {
    text: { use: 'encoder/bert', options: { ...text, dropout: 0, attentionDropout: 0 } },
    garment: { use: 'encoder/vit', options: { imageSize: [grid * patch, grid * patch], patch, width, depth, heads, mlpRatio, dropPath: 0 } },
  };
}

/** The batch of a step under the library's names. */
export function irmBatch(golden: GoldenCase, step: number): HostTensors {
  const all = tensorsUnder(golden, `batch/${step}/`);
  const images = pixelsOf(all.image!);
  const named: Record<string, HostTensor | undefined> = {
    images, labels: all.label, instructions: all.instruction, instructionsMask: all.instruction_mask, textIds: all.ids, textMask: all.mask,
    pictures: all.instruction_image && pixelsOf(all.instruction_image),
  }; // prettier-ignore
  const given = Object.entries(named).flatMap(([name, value]) => (value ? [[name, value] as const] : []));
  return { ...plainFacts(images.shape[0]!), ...Object.fromEntries(given) };
}

/** Compares what weight decay alone moved. */
export function compareIdle({ report, json, tensor }: GoldenCase, tensors: HostTensors): void {
  const { atol, factor, keys = [] } = (json.idle ?? {}) as { readonly atol?: number; readonly factor?: number; readonly keys?: readonly string[] };
  for (const key of keys.filter((name) => !REPEATED.test(name))) {
    const path = key.slice('w1/'.length);
    const start = tensor(`w0/${path}`);
    const want: GoldenTensor = { dtype: 'F64', shape: start.shape, data: Float64Array.from(start.data as ArrayLike<number>, (value) => value * factor!) };
    const got = tensors[path];
    if (got) report.compare(key, got.data, want, { atol: atol!, rtol: 0, compare: 'element' });
    else report.check(key, false, 'the model has no such parameter');
  }
}
