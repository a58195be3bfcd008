import { ReidError, formatShape, hostTensor, type HostTensor, type HostTensors } from '@reidkit/core-tensor';

/** Names that Hugging Face gives to the parts of CLIP outside its layers. */
const SINGLE: Readonly<Record<string, string>> = {
  'vision_model.embeddings.class_embedding': 'visual.class_embedding',
  'vision_model.embeddings.patch_embedding.weight': 'visual.conv1.weight',
  'vision_model.embeddings.position_embedding.weight': 'visual.positional_embedding',
  'vision_model.pre_layrnorm.weight': 'visual.ln_pre.weight',
  'vision_model.pre_layrnorm.bias': 'visual.ln_pre.bias',
  'vision_model.post_layernorm.weight': 'visual.ln_post.weight',
  'vision_model.post_layernorm.bias': 'visual.ln_post.bias',
  'visual_projection.weight': 'visual.proj',
  'text_model.embeddings.token_embedding.weight': 'token_embedding.weight',
  'text_model.embeddings.position_embedding.weight': 'positional_embedding',
  'text_model.final_layer_norm.weight': 'ln_final.weight',
  'text_model.final_layer_norm.bias': 'ln_final.bias',
  'text_projection.weight': 'text_projection',
};

/** Names of the two sides' layers, and of what is in a layer. */
const SIDES: Readonly<Record<string, string>> = { vision_model: 'visual.transformer.resblocks', text_model: 'transformer.resblocks' };
const LAYER: Readonly<Record<string, string>> = {
  'self_attn.out_proj': 'attn.out_proj',
  layer_norm1: 'ln_1',
  layer_norm2: 'ln_2',
  'mlp.fc1': 'mlp.c_fc',
  'mlp.fc2': 'mlp.c_proj',
};

/** Stored as the weight of a linear layer there, as a matrix from the right at OpenAI. */
const TURNED = new Set(['visual_projection.weight', 'text_projection.weight']);
const IGNORED = /\.embeddings\.position_ids$/;
const IN_LAYER = /^(vision_model|text_model)\.encoder\.layers\.(\d+)\.(.+)\.(weight|bias)$/;
const PROJECTION = /^self_attn\.([qkv])_proj$/;

function turned({ data, shape }: HostTensor): HostTensor {
  const [rows, columns] = shape as [number, number];
  const values = Float32Array.from({ length: rows * columns }, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
  return hostTensor(values, [columns, rows]);
}

/** Queries, keys and values one below the other. Throws CHECKPOINT_MISMATCH when one is missing. */
function stacked(path: string, parts: Readonly<Partial<Record<string, HostTensor>>>): HostTensor {
  const missing = ['q', 'k', 'v'].filter((letter) => !parts[letter]);
  if (missing.length > 0) {
    throw new ReidError('CHECKPOINT_MISMATCH', `A CLIP under Hugging Face's names lacks ${missing.map((letter) => `${letter}_proj`).join(' and ')} of what is "${path}" here.`); // prettier-ignore
  }
  const [q, k, v] = [parts.q!, parts.k!, parts.v!];
  const data = Float32Array.from([...q.data, ...k.data, ...v.data]);
  if (q.shape.join() !== k.shape.join() || q.shape.join() !== v.shape.join()) {
    throw new ReidError('CHECKPOINT_MISMATCH', `"${path}" is made of parts of unequal shapes: ${[q, k, v].map(({ shape }) => formatShape(shape)).join(', ')}.`); // prettier-ignore
  }
  return hostTensor(data, [3 * q.shape[0]!, ...q.shape.slice(1)]);
}

/** Which third of which stacked projection a name stands for, if it is one. */
function projectionOf(path: string): { readonly stack?: string; readonly letter?: string } {
  const [, side, layer, place, kind] = IN_LAYER.exec(path) ?? [];
  const letter = PROJECTION.exec(place ?? '')?.[1];
  return letter ? { stack: `${SIDES[side!]}.${layer}.attn.in_proj_${kind}`, letter } : {};
}

/** OpenAI's name; what is not known keeps its own. */
function nameOf(path: string): string {
  const [, side, layer, place, kind] = IN_LAYER.exec(path) ?? [];
  return place && LAYER[place] ? `${SIDES[side!]}.${layer}.${LAYER[place]}.${kind}` : (SINGLE[path] ?? path);
}

/** Whether names are those of Hugging Face's `CLIPModel` or of one side of it. */
export function isClipFromHuggingFace(numbers: HostTensors): boolean {
  return Object.keys(numbers).some((path) => IN_LAYER.test(path) || path in SINGLE);
}

/**
 * Numbers of CLIP (or of one side of it) under Hugging Face's names as OpenAI names and shapes them: queries, keys and values stacked, projections
 * turned, `position_ids` left out. What it does not know keeps its name. Throws CHECKPOINT_MISMATCH.
 */
export function clipFromHuggingFace(numbers: HostTensors): HostTensors {
  const renamed: Record<string, HostTensor> = {};
  const projections: Record<string, Partial<Record<string, HostTensor>>> = {};
  for (const [path, value] of Object.entries(numbers)) {
    const { stack, letter } = projectionOf(path);
    if (stack && letter) (projections[stack] ??= {})[letter] = value;
    else if (!IGNORED.test(path)) renamed[nameOf(path)] = TURNED.has(path) ? turned(value) : value;
  }
  for (const [path, parts] of Object.entries(projections)) renamed[path] = stacked(path, parts);
  return renamed;
}
