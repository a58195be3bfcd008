import type { CheckpointFile, CheckpointValue } from '@reidkit/core-tensor';

/** Entries of a training checkpoint that hold a model's weights, the first that is there is taken. */
const WEIGHT_ENTRIES = ['state_dict', 'model_state_dict', 'model', 'teacher', 'student', 'net', 'network', 'weights', 'params'];

/** What wrappers put before every name: data-parallel training, compiled modules, a field of a class around the model. */
const WRAPPERS = ['module.', '_orig_mod.', 'model.', 'net.', 'network.'];

/** The names of a checkpoint's weights. */
export interface FoundWeights {
  /** Dotted path of the entry that holds them; empty where they are the whole file. */
  readonly at: string;
  /** What was taken off every name there. */
  readonly stripped: string;
  /** Full paths in the file by name. */
  readonly names: ReadonlyMap<string, string>;
}

function hasTensor(value: CheckpointValue): boolean {
  if ('tensor' in value) return true;
  return 'dict' in value && [...value.dict.values()].some(hasTensor);
}

/** Goes into entries that hold weights as long as there are any. */
function entryPath(value: CheckpointValue, path: string): string {
  if (!('dict' in value)) return path;
  const key = WEIGHT_ENTRIES.find((name) => {
    const entry = value.dict.get(name);
    return entry !== undefined && 'dict' in entry && hasTensor(entry);
  });
  return key === undefined ? path : entryPath(value.dict.get(key)!, path ? `${path}.${key}` : key);
}

/** Finds a model's weights among what a training script saves, and takes off what wrappers put before their names. */
export function findWeights({ tensors, values }: Pick<CheckpointFile, 'tensors' | 'values'>): FoundWeights {
  const at = entryPath(values, '');
  const begin = at ? `${at}.` : '';
  const full = [...tensors.keys()].filter((name) => name.startsWith(begin));
  let stripped = '';
  for (let wrapper: string | undefined = ''; wrapper !== undefined;) {
    stripped += wrapper;
    const inside = begin + stripped;
    wrapper = full.length === 0 ? undefined : WRAPPERS.find((prefix) => full.every((name) => name.startsWith(inside + prefix)));
  }
  return { at, stripped, names: new Map(full.map((name) => [name.slice(begin.length + stripped.length), name])) };
}
