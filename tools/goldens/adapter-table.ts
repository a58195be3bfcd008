import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { GoldenAdapter } from './adapter.ts';

/** Finds the adapter of a family, loading it when it is first asked for. */
export type FindAdapter = (family: string) => Promise<GoldenAdapter | undefined>;

/** The adapters of a folder: family `x` is served by `x.ts`, which exports `adapter`. Finding one that says otherwise throws. */
export function adapterTable(folder: string): FindAdapter {
  const loaded = new Map<string, Promise<GoldenAdapter | undefined>>();
  const load = async (family: string): Promise<GoldenAdapter | undefined> => {
    const file = join(folder, `${family}.ts`);
    if (!/^[a-z0-9-]+$/.test(family) || !existsSync(file)) return undefined;
    const { adapter } = (await import(pathToFileURL(file).href)) as { readonly adapter?: GoldenAdapter };
    if (adapter?.family !== family) {
      throw new Error(`adapters/${family}.ts must export \`adapter\` of the family "${family}", it has "${adapter?.family}"`);
    }
    return adapter;
  };
  return (family) => {
    const found = loaded.get(family) ?? load(family);
    loaded.set(family, found);
    return found;
  };
}
