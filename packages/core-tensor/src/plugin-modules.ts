import { ReidError } from './errors.ts';
import type { Plugin } from './registry.ts';
import { SPEC_VERSION } from './registry.ts';

interface PackageManifest {
  readonly name?: string;
  readonly version?: string;
  /** Where a package says that it offers a plugin. */
  readonly reidkit?: { readonly plugin?: string; readonly specVersion?: number };
}

/** Finds `node_modules/NAME/package.json` upward from a folder. */
async function findPackage(name: string, from: string): Promise<{ folder: string; manifest: PackageManifest } | undefined> {
  const [{ createRequire }, { readFile }, { join }] = await Promise.all([
    import('node:module'),
    import('node:fs/promises'),
    import('node:path'),
  ]);
  for (const place of createRequire(join(from, 'package.json')).resolve.paths(name) ?? []) {
    const folder = join(place, name);
    const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
    if (text !== undefined) return { folder, manifest: JSON.parse(text) as PackageManifest };
  }
  return undefined;
}

/**
 * The file behind a plugin's name, as URL: a package that is installed where the program runs and names its plugin under `"reidkit"` in its
 * package.json, or a path (`./my-plugin.js`) or URL. Nothing is searched for. Throws FILE_NOT_FOUND or PLUGIN_UNSUPPORTED.
 */
export async function resolvePlugin(specifier: string, from = process.cwd()): Promise<string> {
  if (/^(file|data):/.test(specifier)) return specifier;
  const [{ pathToFileURL }, { join, resolve }] = await Promise.all([import('node:url'), import('node:path')]);
  if (/^(\.{1,2})?[\\/]|^[a-zA-Z]:[\\/]/.test(specifier)) return pathToFileURL(resolve(from, specifier)).href;
  const found = await findPackage(specifier, from);
  if (!found) {
    throw new ReidError('FILE_NOT_FOUND', `The plugin package "${specifier}" is not installed in "${from}" or above.`, {
      hint: `npm install ${specifier}`,
    });
  }
  const { plugin, specVersion } = found.manifest.reidkit ?? {};
  if (!plugin) {
    throw new ReidError(
      'PLUGIN_UNSUPPORTED',
      `The package "${specifier}" offers no reidkit plugin: its package.json has no field "reidkit".`,
      {
        hint: '"reidkit": { "plugin": "./dist/plugin.js", "specVersion": 1 } says where the plugin is.',
      },
    );
  }
  if (specVersion !== undefined && specVersion !== SPEC_VERSION) {
    throw new ReidError(
      'PLUGIN_UNSUPPORTED',
      `The package "${specifier}" follows plugin contract ${specVersion}; this core knows ${SPEC_VERSION}.`,
      {
        hint: `install another version of ${specifier}, or of @reidkit/core-tensor.`,
      },
    );
  }
  return pathToFileURL(join(found.folder, plugin)).href;
}

const isPlugin = (value: unknown): value is Plugin =>
  typeof value === 'object' && value !== null && 'name' in value && 'components' in value && 'specVersion' in value;

/**
 * Imports the plugins that a recipe names. A module is run by importing it, so only names from a recipe or command line that the user chose
 * reach here. Throws FILE_NOT_FOUND or PLUGIN_UNSUPPORTED.
 */
export async function loadPlugins(specifiers: readonly string[], from?: string): Promise<Plugin[]> {
  const lists = await Promise.all(
    specifiers.map(async (specifier) => {
      const url = await resolvePlugin(specifier, from);
      const module = (await import(url).catch((cause: unknown) => {
        throw new ReidError('FILE_NOT_FOUND', `The plugin "${specifier}" (${url}) cannot be loaded: ${(cause as Error).message}`, {
          cause,
        });
      })) as Record<string, unknown>;
      const plugins = Object.values(module).filter(isPlugin);
      if (plugins.length > 0) return plugins;
      throw new ReidError(
        'PLUGIN_UNSUPPORTED',
        `The module ${url} exports no plugin, only ${Object.keys(module).join(', ') || 'nothing'}.`,
        {
          hint: 'export const plugin = definePlugin({ … }).',
        },
      );
    }),
  );
  return lists.flat();
}
