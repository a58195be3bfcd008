// Loads a made-up language model in a process of its own, so that its peak memory is its own, and times it: prints one line of JSON.
//   node --conditions=@reidkit/source --import tsx tools/prove/language-model-run.ts '{"folder":"FOLDER","bits":8}'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onnxBackend } from '@reidkit/backend-onnx';
import {
  hostTensor,
  namedParameters,
  Random,
  sizeOf,
  useBackend,
  writeSafetensors,
  type HostTensor,
  type HostTensors,
} from '@reidkit/core-tensor';
import { generate, llama, loadLanguageModel, Reader, weightBytes, type LlamaOptions } from '@reidkit/lmm';

/** What is loaded. */
export interface LanguageModelRun {
  readonly folder: string;
  readonly bits?: 4 | 8;
}

const SIZES = { vocabulary: 32000, width: 1024, hidden: 2816, depth: 8, heads: 16, groups: 4 } satisfies LlamaOptions;
const SHARD_BYTES = 70e6;

/** Random numbers of one parameter; large ones repeat a block of them. */
function madeUp(path: string, shape: readonly number[]): HostTensor {
  const data = new Float32Array(sizeOf(shape)).fill(1);
  if (shape.length === 1) return hostTensor(data, shape);
  const block = Random.seed(1).fork(path).normal(65_521, 0.02);
  for (let i = 0; i < data.length; i++) data[i] = block[i % block.length]!;
  return hostTensor(data, shape);
}

/** Writes a model of 156 million parameters as bfloat16 in shards, as Hugging Face lays it out. */
export async function writeMadeUpModel(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const shards: HostTensors[] = [];
  let shard: Record<string, HostTensor> = {};
  let bytes = 0;
  for (const [path, { shape }] of namedParameters(llama(SIZES))) {
    shard[path] = madeUp(path, shape);
    bytes += 2 * sizeOf(shape);
    if (bytes < SHARD_BYTES) continue;
    shards.push(shard);
    [shard, bytes] = [{}, 0];
  }
  shards.push(shard);
  const map: Record<string, string> = {};
  for (const [i, own] of shards.entries()) {
    const name = `model-${i + 1}-of-${shards.length}.safetensors`;
    await writeSafetensors(join(folder, name), own, { floats: 'BF16' });
    for (const path of Object.keys(own)) map[path] = name;
  }
  const { vocabulary, width, hidden, depth, heads, groups } = SIZES;
  const config = {
    vocab_size: vocabulary,
    hidden_size: width,
    intermediate_size: hidden,
    num_hidden_layers: depth,
    num_attention_heads: heads,
    num_key_value_heads: groups,
  };
  await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: map }));
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
}

const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
const rounded = (milliseconds: number): number => Math.round(milliseconds) / 1000;

/** Ids of a text without sense. */
const words = (count: number): { readonly ids: HostTensor } => ({
  ids: hostTensor(
    Int32Array.from({ length: count }, (_, i) => (37 * i) % SIZES.vocabulary),
    [1, count],
    'int32',
  ),
});

/** Largest resident size of this program so far, in bytes. What `resourceUsage` tells may be that of the process that started it. */
async function peakBytes(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(status) ?? [];
  return 1024 * (kilobytes === undefined ? process.resourceUsage().maxRSS : Number(kilobytes));
}

async function run({ folder, bits }: LanguageModelRun): Promise<Record<string, number>> {
  const backend = await useBackend(onnxBackend({ threads: 2 }));
  const before = process.memoryUsage().rss;
  const { model, parameters } = await loadLanguageModel(folder, bits ? { quantize: { bits } } : {});
  const loading = (await peakBytes()) - before;
  const files = await Promise.all((await readdir(folder)).map((name) => stat(join(folder, name))));
  const shard = Math.max(...files.map(({ size }) => size));
  const reader = new Reader(model, { makeProgram: backend.makeProgram, parameters, length: 512, chunks: [1, 256] });
  const seconds = async (work: () => Promise<unknown>): Promise<number> => {
    reader.rewind();
    await work(); // compiles
    reader.rewind();
    const start = performance.now();
    await work();
    return rounded(performance.now() - start);
  };
  const read256 = await seconds(() => reader.read(words(256)));
  const write32 = await seconds(() => generate(reader, words(1), { most: 32 }));
  reader.dispose();
  const weights = weightBytes(llama(SIZES), bits ? { bits } : undefined);
  return {
    weightMB: megabytes(weights),
    shardMB: megabytes(shard),
    loadingMB: megabytes(loading),
    boundMB: megabytes(1.2 * shard + weights),
    read256,
    write32,
  };
}

const given = process.argv[2];
if (given?.startsWith('{')) console.log(JSON.stringify(await run(JSON.parse(given) as LanguageModelRun)));
