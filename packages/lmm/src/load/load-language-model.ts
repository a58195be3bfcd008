import { ReidError, formatShape, hostTensor, namedParameters, openCheckpoint, pathPattern, reportProblems, sameShape, sizeOf, type CheckpointFile, type HostTensor, type HostTensors, type ModulePlace } from '@reidkit/core-tensor'; // prettier-ignore
import type { CausalLM } from '../causal-lm.ts';
import { llama, llamaOptionsOf, type LlamaOptions } from '../llama.ts';
import { quantizablePlaces, quantizePlace, type QuantizeModelOptions } from '../quantized-linear.ts';

/** How {@link loadLanguageModel} loads. */
export interface LoadLanguageModelOptions {
  /** Sizes, where no `config.json` lies beside the weights; its sizes otherwise. */
  readonly sizes?: LlamaOptions;
  /** Compute each layer again on the way back. Default: false. */
  readonly recompute?: boolean;
  /** Make weights whole numbers while they are read. Default: float32. */
  readonly quantize?: QuantizeModelOptions;
  /** Bytes that may be taken. Default: what the system has available. */
  readonly memory?: number;
}

/** A language model with the numbers of its files. */
export interface LoadedLanguageModel {
  readonly model: CausalLM;
  /** Numbers by path, those left out that became whole numbers. */
  readonly parameters: HostTensors;
  /** Names of the files that belong to other parts, such as LLaVA's projector and vision tower. */
  readonly others: readonly string[];
}

/** Tables that nothing needs, and parts that other modules read. */
const USELESS = [pathPattern('*rotary_emb.inv_freq')];
const OTHERS = ['model.vision_tower.*', 'model.mm_projector.*', 'model.image_newline'].map((pattern) => pathPattern(pattern));

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;

/** Bytes of a model's weights: of whole numbers where places say so, of float32 elsewhere. */
export function weightBytes(model: CausalLM, quantize?: QuantizeModelOptions): number {
  const { bits = 8, block = 64 } = quantize ?? {};
  const places = quantize ? quantizablePlaces(model, quantize) : new Map<string, ModulePlace>();
  return [...namedParameters(model)].reduce((total, [path, { shape }]) => {
    return total + sizeOf(shape) * (places.has(path) ? bits / 8 + 4 / block : 4);
  }, 0);
}

/** Throws INVALID_ARGUMENT, saying what would fit, when weights are larger than the memory there is. */
function checkMemory(
  model: CausalLM,
  path: string,
  { quantize, memory = process.availableMemory?.() ?? Infinity }: LoadLanguageModelOptions,
): void {
  const needed = weightBytes(model, quantize);
  if (needed <= memory) return;
  const smaller = ([8, 4] as const).map((bits) => `int${bits} ${gigabytes(weightBytes(model, { ...quantize, bits }))}`);
  throw new ReidError('INVALID_ARGUMENT', `The weights of ${path} take ${gigabytes(needed)} in memory, ${gigabytes(memory)} are there.`, {
    hint: `with { quantize: { bits } } they take: ${smaller.join(', ')}.`,
  });
}

/** Throws CHECKPOINT_MISMATCH, listing all names that are missing, unexpected or misshapen; nothing is read before. */
function checkNames(model: CausalLM, { path, tensors }: CheckpointFile): readonly string[] {
  const wanted = new Map(namedParameters(model));
  const others = [...tensors.keys()].filter((name) => !wanted.has(name) && !USELESS.some((test) => test(name)));
  const problems = [
    ...[...wanted].flatMap(([name, { shape }]) => {
      const got = tensors.get(name)?.shape;
      if (!got) return [`missing "${name}" ${formatShape(shape)}`];
      return sameShape(got, shape) ? [] : [`"${name}" expected ${formatShape(shape)}, got ${formatShape(got)}`];
    }),
    ...others.filter((name) => !OTHERS.some((test) => test(name))).map((name) => `unexpected "${name}"`),
  ];
  if (problems.length === 0) return others;
  const listed = problems.length > 30 ? [...problems.slice(0, 30), `… and ${problems.length - 30} more`] : problems;
  throw reportProblems('CHECKPOINT_MISMATCH', `${path} does not fit a LLaMA of these sizes:`, listed);
}

/** One tensor as float32. Throws FILE_INVALID for one of whole numbers. */
async function readFloats(file: CheckpointFile, name: string): Promise<HostTensor<'float32'>> {
  const { data, shape } = await file.read(name);
  if (data instanceof Float32Array) return hostTensor(data, shape);
  throw new ReidError('FILE_INVALID', `${file.path}: the weight "${name}" is of whole numbers.`);
}

async function readAll(file: CheckpointFile, model: CausalLM, quantize: QuantizeModelOptions | undefined): Promise<HostTensors> {
  const places = quantize ? quantizablePlaces(model, quantize) : new Map<string, ModulePlace>();
  const wanted = new Set([...namedParameters(model)].map(([path]) => path));
  const parameters: Record<string, HostTensor> = {};
  // One after another, in the order of the file: what is held besides the model is one tensor.
  for (const name of file.tensors.keys()) {
    if (!wanted.has(name)) continue;
    const numbers = await readFloats(file, name);
    const place = places.get(name);
    if (place) quantizePlace(place, numbers, quantize!);
    else parameters[name] = numbers;
  }
  return parameters;
}

/**
 * A LLaMA from a folder as Hugging Face lays it out (`config.json` beside safetensors or `.bin`, whole or in shards), or from one file with
 * `sizes`. Tensors are read one by one; names, shapes and memory are checked before. Throws FILE_NOT_FOUND, FILE_INVALID,
 * CHECKPOINT_MISMATCH, or INVALID_ARGUMENT for a model that memory does not hold.
 */
export async function loadLanguageModel(path: string, options: LoadLanguageModelOptions = {}): Promise<LoadedLanguageModel> {
  const file = await openCheckpoint(path);
  try {
    if (!options.sizes && !file.config) {
      throw new ReidError('FILE_NOT_FOUND', `There is no config.json beside ${path}.`, { hint: 'bring it, or pass { sizes }.' });
    }
    const sizes = options.sizes ?? llamaOptionsOf(file.config, `${path}/config.json`);
    const model = llama({ ...sizes, ...(options.recompute === undefined ? {} : { recompute: options.recompute }) });
    const others = checkNames(model, file);
    checkMemory(model, path, options);
    return { model, parameters: await readAll(file, model, options.quantize), others };
  } finally {
    await file.close();
  }
}
