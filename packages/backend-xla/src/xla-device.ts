import { basename } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { openCudaLibraries } from './cuda-libraries.ts';
import { type FoundPlugin, findPlugin } from './find-plugin.ts';
import { type Executable, PjrtClient } from './pjrt/client.ts';
import { PjrtPlugin, type PluginOption } from './pjrt/plugin.ts';
import { ProgramCache } from './program-cache.ts';

/** Which device to open, and how. */
export interface DeviceOptions {
  readonly plugin?: string | undefined;
  readonly threads?: number | undefined;
  readonly cache?: string | false | undefined;
  readonly memoryLimit?: number | undefined;
  readonly pluginOptions?: Readonly<Record<string, PluginOption>> | undefined;
}

/** An open device. */
export interface XlaDevice {
  readonly client: PjrtClient;
  readonly found: FoundPlugin;
  /** Compiles, or takes a program that was compiled before. */
  readonly programs: (text: string) => Executable;
  readonly cache?: ProgramCache;
  /** Bytes that one program may take. */
  readonly memoryLimit?: number;
}

/** Clients by plugin and options: a process has one of each, because a card's memory cannot be had twice. */
const clients = new Map<string, PjrtClient>();

const isCuda = (path: string): boolean => /cuda/i.test(basename(path));
const isProcessor = (path: string): boolean => /pjrt[-_]?cpu/i.test(basename(path));

/** Flags that XLA reads from the environment when it starts; what the user has said about one stays. */
function setFlag(name: string, value: string): void {
  const { XLA_FLAGS = '' } = process.env;
  if (!XLA_FLAGS.includes(name)) process.env.XLA_FLAGS = `${XLA_FLAGS} --${name}=${value}`.trim();
}

function clientOf(path: string, options: Readonly<Record<string, PluginOption>>, threads: number | undefined): PjrtClient {
  const key = JSON.stringify([path, options], (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
  const known = clients.get(key);
  if (known) return known;
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'; // XLA greets with what it found
  if (threads !== undefined) process.env.NPROC ??= String(threads); // how many threads XLA takes on a processor
  if (isCuda(path)) openCudaLibraries(path);
  if (isProcessor(path)) setFlag('xla_cpu_enable_fast_min_max', 'false'); // or the larger of 0 and NaN is 0, and hides it
  const client = new PjrtClient(new PjrtPlugin(path), options);
  clients.set(key, client);
  return client;
}

/** Opens the plugin's first device. Throws BACKEND_UNAVAILABLE. */
export function openDevice({ plugin, threads, cache, memoryLimit, pluginOptions }: DeviceOptions): XlaDevice {
  const found = findPlugin(plugin);
  const standard = isCuda(found.path) ? { preallocate: false } : {};
  const client = clientOf(found.path, { ...standard, ...pluginOptions }, threads);
  const limit = memoryLimit ?? client.deviceMemory()?.limit;
  const folder = cache ?? process.env.REIDKIT_XLA_CACHE ?? cacheFolder('xla-programs');
  const kept = folder === false || folder === '' ? undefined : new ProgramCache(folder, client);
  return {
    client,
    found,
    programs: (text) => (kept ? kept.compile(text) : client.compile(text)),
    ...(kept ? { cache: kept } : {}),
    ...(limit === undefined ? {} : { memoryLimit: limit }),
  };
}
