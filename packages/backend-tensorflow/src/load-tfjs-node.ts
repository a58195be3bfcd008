import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import util from 'node:util';
import { Tensor } from '@tensorflow/tfjs';
import { ReidError } from '@reidkit/core-tensor';

/** Packages that bring TensorFlow to Node: for NVIDIA graphics cards, and for processors. */
export type TfjsNodePackage = '@tensorflow/tfjs-node-gpu' | '@tensorflow/tfjs-node';

/** In the order in which they are looked for. */
const PACKAGES: readonly TfjsNodePackage[] = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/** What is loaded: which package, and its version. */
export interface LoadedTfjsNode {
  readonly name: TfjsNodePackage;
  readonly version: string;
}

/** What to load, and how. */
export interface LoadOptions {
  /** The package. Default: the one for graphics cards where it is installed, else the one for processors. */
  readonly package?: TfjsNodePackage | undefined;
  /** Threads of each operation on the processor; the first load of a process decides. */
  readonly threads?: number | undefined;
  /** URL or path of a module that the packages are looked for from. Default: this one. */
  readonly from?: string | undefined;
}

/** A package as it was found, by its manifest. */
interface FoundPackage extends LoadedTfjsNode {
  readonly manifest: string;
}

/** Members of `node:util` that tfjs-node 4.22 calls and Node 23 does not have any more. */
const REMOVED_FROM_UTIL = {
  isArray: Array.isArray,
  isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
};

const README = 'the README of @reidkit/backend-tensorflow';

/** Where a package's manifest is, seen from a module; nothing when the package is not there. */
function findManifest(from: string, name: string): string | undefined {
  try {
    return createRequire(from).resolve(`${name}/package.json`);
  } catch {
    return undefined;
  }
}

const versionIn = (manifest: string): string => (createRequire(manifest)(manifest) as { version: string }).version;

function find({ package: chosen, from = import.meta.url }: LoadOptions): FoundPackage {
  for (const name of chosen ? [chosen] : PACKAGES) {
    const manifest = findManifest(from, name);
    if (manifest) return { name, version: versionIn(manifest), manifest };
  }
  throw new ReidError('BACKEND_UNAVAILABLE', `TensorFlow is not installed: there is no ${chosen ?? PACKAGES.join(' and no ')}.`, {
    hint: `npm install ${chosen ?? '@tensorflow/tfjs-node, or @tensorflow/tfjs-node-gpu for an NVIDIA card'}; ${README} says how to have a current TensorFlow.`,
  });
}

/** The manifest of the tfjs-core that a module's tfjs is made of. */
function findCore(from: string): string | undefined {
  const tfjs = findManifest(from, '@tensorflow/tfjs');
  return tfjs && findManifest(tfjs, '@tensorflow/tfjs-core');
}

function otherCore({ name, version, manifest }: FoundPackage): ReidError {
  const told = (from: string): string => {
    const core = findCore(from);
    return core ? `tfjs-core ${versionIn(core)} (${dirname(core)})` : 'none';
  };
  return new ReidError(
    'BACKEND_UNAVAILABLE',
    `${name} ${version} and reidkit must share one tfjs-core: it has ${told(manifest)}, reidkit has ${told(import.meta.url)}.`,
    { hint: 'install both in one project with one version of @tensorflow/tfjs; `npm ls @tensorflow/tfjs-core` shows where there are two.' },
  );
}

/** What TensorFlow needs when it starts; whatever the user has set stays. */
function prepare(threads?: number): void {
  for (const [name, member] of Object.entries(REMOVED_FROM_UTIL)) if (!(name in util)) Object.assign(util, { [name]: member });
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true'; // or it takes all memory of the card
  if (threads !== undefined) process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
}

function load({ name, version, manifest }: FoundPackage): { readonly Tensor?: unknown } {
  try {
    return createRequire(manifest)('.') as { readonly Tensor?: unknown };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ReidError('BACKEND_UNAVAILABLE', `${name} ${version} is installed but does not load: ${reason}`, {
      hint: `its install script brings TensorFlow; where it did not run or could not, ${README} says what to do.`,
      cause,
    });
  }
}

/**
 * Loads tfjs-node, which registers the backend `tensorflow` with tfjs. Throws BACKEND_UNAVAILABLE when it is not installed, has a tfjs-core of
 * its own, or does not load.
 */
export function loadTfjsNode(options: LoadOptions = {}): LoadedTfjsNode {
  const found = find(options);
  // Before loading: a second tfjs-core would put its kernels in place of ours.
  if (findCore(found.manifest) !== findCore(import.meta.url)) throw otherCore(found);
  prepare(options.threads);
  if (load(found).Tensor !== Tensor) throw otherCore(found);
  return { name: found.name, version: found.version };
}
