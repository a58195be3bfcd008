import { Module } from './module.ts';

/** A module within a tree, and the field that holds it. */
export interface ModulePlace {
  readonly path: string;
  /** The module that was there when the place was found. */
  readonly module: Module;
  /** The module that is there now. */
  current(): Module;
  /** Puts another module there. */
  replace(module: Module): void;
}

function placeOf(holder: Record<string, unknown>, name: string, path: string): ModulePlace {
  return {
    path,
    module: holder[name] as Module,
    current: () => holder[name] as Module,
    replace: (module) => {
      holder[name] = module;
    },
  };
}

/** Every module within a tree, the tree's own root left out, in field order and outer ones first. */
export function* modulePlaces(root: Module | readonly unknown[], path = ''): Generator<ModulePlace> {
  for (const [name, child] of Object.entries(root)) {
    const at = path ? `${path}.${name}` : name;
    if (Module.is(child)) yield placeOf(root as unknown as Record<string, unknown>, name, at);
    if (Module.is(child) || Array.isArray(child)) yield* modulePlaces(child, at);
  }
}
