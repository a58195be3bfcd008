import { ReidError, decodeElements, formatShape, hostTensor, namedParameters, openCheckpoint, pathPattern, reportProblems, sameShape, sizeOf, type CheckpointFile, type HostTensor, type HostTensors, type ModulePlace, type QuantizedMatrix } from '@reidkit/core-tensor'; // prettier-ignore
import type { CausalLM } from '../causal-lm.ts';
import { makeLetGo } from './let-go.ts';
import { llama, llamaOptionsOf, type LlamaOptions } from '../llama.ts';
import { quantizablePlaces, QuantizedLinear, quantizeSlices, type QuantizeModelOptions } from '../quantized-linear.ts';

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

/** Takes a file's tensors, one at a time. */
class TensorTaker {
  readonly #file: CheckpointFile;
  readonly #letGo: (array: ArrayBufferView) => void;

  constructor(file: CheckpointFile, letGo: (array: ArrayBufferView) => void) {
    this.#file = file;
    this.#letGo = letGo;
  }

  #floats(name: string, bytes: Uint8Array, isOwn: boolean): Float32Array {
    const data = decodeElements(this.#file.tensors.get(name)!.type, bytes, isOwn);
    if (data instanceof Float32Array) return data;
    throw new ReidError('FILE_INVALID', `${this.#file.path}: the weight "${name}" is of whole numbers.`);
  }

  /** Lets go of bytes that lie alone; others are a part of something that the file holds. */
  #done(bytes: Uint8Array, numbers?: Float32Array): void {
    const isAlone = bytes.byteLength === bytes.buffer.byteLength && bytes.byteLength > 0;
    if (isAlone && numbers?.buffer !== bytes.buffer) this.#letGo(bytes);
  }

  /** As float32. Throws FILE_INVALID for whole numbers. */
  async read(name: string): Promise<HostTensor> {
    const bytes = await this.#file.readBytes(name);
    const data = this.#floats(name, bytes, true);
    this.#done(bytes, data);
    return hostTensor(data, this.#file.tensors.get(name)!.shape);
  }

  /** As whole numbers; only some rows at a time are float32. Throws as `read` does, and as `quantizeRows`. */
  async quantize(name: string, options: QuantizeModelOptions): Promise<QuantizedMatrix> {
    const shape = this.#file.tensors.get(name)!.shape as readonly [number, number];
    const bytes = await this.#file.readBytes(name);
    const width = bytes.byteLength / shape[0];
    const rowsOf = (from: number, to: number): Float32Array => this.#floats(name, bytes.subarray(from * width, to * width), false);
    const matrix = quantizeSlices(shape, rowsOf, options, this.#letGo);
    this.#done(bytes);
    return matrix;
  }
}

async function readAll(file: CheckpointFile, model: CausalLM, quantize: QuantizeModelOptions | undefined): Promise<HostTensors> {
  const places = quantize ? quantizablePlaces(model, quantize) : new Map<string, ModulePlace>();
  const wanted = new Set([...namedParameters(model)].map(([path]) => path));
  const parameters: Record<string, HostTensor> = {};
  const taker = new TensorTaker(file, await makeLetGo());
  // One after another, in the order of the file: what is held besides the model is one tensor.
  for (const name of file.tensors.keys()) {
    if (!wanted.has(name)) continue;
    const place = places.get(name);
    if (place) place.replace(new QuantizedLinear(await taker.quantize(name, quantize!)));
    else parameters[name] = await taker.read(name);
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
