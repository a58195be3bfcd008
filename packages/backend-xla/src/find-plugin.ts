import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ReidError } from '@reidkit/core-tensor';
import { cacheFolder } from './cache-folder.ts';

/** Where a plugin was found. */
export interface FoundPlugin {
  readonly path: string;
  /** How it was found, for people. */
  readonly by: string;
}

/** Prints the plugins among the packages of a Python, without importing any. */
const IN_PYTHON = `import glob, os, sys, sysconfig
places = list(dict.fromkeys([*sys.path, *sysconfig.get_paths().values()]))
for pattern in (("jax_plugins", "*", "xla_*_plugin.so"), ("libtpu", "libtpu.so")):
    for place in places:
        for path in sorted(glob.glob(os.path.join(place, *pattern))):
            print(path)`;

function inPython(): FoundPlugin | undefined {
  const python = process.env.PYTHON ?? 'python3';
  try {
    const [path] = execFileSync(python, ['-c', IN_PYTHON], { stdio: ['ignore', 'pipe', 'ignore'], timeout: 20_000 }).toString().trim().split('\n'); // prettier-ignore
    return path ? { path, by: `the packages of ${python}` } : undefined;
  } catch {
    return undefined;
  }
}

/** What `reidkit backend install` has put into the cache folder: CUDA before the processor. */
function installed(): FoundPlugin | undefined {
  const folder = cacheFolder('backends');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('xla-')).sort().reverse() : []; // prettier-ignore
  for (const name of names.sort((a, b) => Number(a === 'xla-cpu') - Number(b === 'xla-cpu'))) {
    const note = join(folder, name, 'installed.json');
    if (!existsSync(note)) continue;
    const { plugin } = JSON.parse(readFileSync(note, 'utf8')) as { readonly plugin?: string };
    if (plugin) return { path: join(dirname(note), plugin), by: `reidkit backend install ${name}` };
  }
  return undefined;
}

/**
 * The PJRT plugin to load: the one that is named, that of the environment (REIDKIT_PJRT_PLUGIN), what `reidkit backend install` has fetched, or
 * the first among the packages of the Python on the path (or of PYTHON). Throws BACKEND_UNAVAILABLE when there is none.
 */
export function findPlugin(path?: string): FoundPlugin {
  const named = path ?? process.env.REIDKIT_PJRT_PLUGIN;
  if (named) return { path: named, by: path ? 'the option `plugin`' : 'REIDKIT_PJRT_PLUGIN' };
  const found = installed() ?? inPython();
  if (found) return found;
  throw new ReidError('BACKEND_UNAVAILABLE', 'There is no PJRT plugin: XLA comes as one library for each kind of device.', {
    hint: '`reidkit backend install xla-cuda13` (or xla-cuda12, xla-cpu), `pip install jax-cuda13-pjrt`, or REIDKIT_PJRT_PLUGIN=FILE.',
  });
}
