import { ReidError, reportProblems } from './errors.ts';
import { formatShape, sameShape, sizeOf, type HostTensor, type HostTensors } from './host-tensor.ts';
import { didYouMean } from './nearest-name.ts';
import { initialNumbers, Parameter } from './parameter.ts';
import type { Random } from './random.ts';
import { readTensor, type Tensor, type Tensors } from './tensor.ts';

const MARKER = Symbol.for('reidkit.module');

/**
 * A node of the parameter tree. Fields that hold a {@link Parameter}, a Module, or an array of modules ARE the tree, and their names are
 * the checkpoint's names (`blocks.0.attn.qkv.weight`). Everything else of a module is private or plain data.
 */
export abstract class Module {
  constructor() {
    Object.defineProperty(this, MARKER, { value: true });
  }

  /** Tells a module from any other value, across copies of this package. */
  static is(value: unknown): value is Module {
    return typeof value === 'object' && value !== null && MARKER in value;
  }
}

/** Walks the tree in field order and yields every parameter and buffer with its path. */
export function* namedParameters(node: unknown, path = ''): Generator<readonly [path: string, parameter: Parameter]> {
  if (Parameter.is(node)) {
    yield [path, node];
  } else if (Array.isArray(node) || Module.is(node)) {
    for (const [name, child] of Object.entries(node)) yield* namedParameters(child, path ? `${path}.${name}` : name);
  }
}

/** Fills every parameter that has no numbers yet with its first values, each from the place in `random` that its path names. */
export function initializeParameters(model: Module, random: Random): void {
  for (const [path, target] of namedParameters(model)) {
    if (!target.hasValue) target.assign(initialNumbers(target, random.fork(path)));
  }
}

/** First values of every parameter and buffer, without touching the model. */
export function initialState(model: Module, random: Random): HostTensors {
  return Object.fromEntries([...namedParameters(model)].map(([path, target]) => [path, initialNumbers(target, random.fork(path))]));
}

/** Number of numbers in the model: all parameters, and those that training may change. Buffers do not count. */
export function countParameters(model: Module): { readonly total: number; readonly trainable: number } {
  let total = 0;
  let trainable = 0;
  for (const [, { role, shape, trainable: free }] of namedParameters(model)) {
    if (role === 'parameter') total += sizeOf(shape);
    if (free) trainable += sizeOf(shape);
  }
  return { total, trainable };
}

/** The numbers of every parameter and buffer by path. Throws UNINITIALIZED. */
export async function stateDict(model: Module): Promise<HostTensors> {
  const entries: [string, HostTensor][] = [];
  for (const [path, target] of namedParameters(model)) entries.push([path, await readTensor(target.value)]);
  return Object.fromEntries(entries);
}

/** How {@link loadStateDict} treats names that do not meet. */
export interface LoadOptions {
  /** Names that need not meet. Default: none. */
  readonly allow?: {
    /** Names of the file that may be left over. */
    readonly unexpected?: (path: string) => boolean;
    /** Names of the model that may stay as they are. */
    readonly missing?: (path: string) => boolean;
  };
  /** What the numbers come from, for messages. */
  readonly source?: string;
}

/** What {@link checkStateDict} found left out, by permission. */
export interface LoadReport {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
}

/**
 * Checks that numbers fit a model by name and shape; changes nothing. CHECKPOINT_MISMATCH lists all missing, unexpected and misshapen names
 * at once.
 */
export function checkStateDict(
  model: Module,
  numbers: HostTensors,
  { allow = {}, source = 'The state dict' }: LoadOptions = {},
): LoadReport {
  const targets = new Map(namedParameters(model));
  const missing = [...targets.keys()].filter((path) => !(path in numbers));
  const unexpected = Object.keys(numbers).filter((path) => !targets.has(path));
  const unpermitted = {
    missing: missing.filter((path) => !allow.missing?.(path)),
    unexpected: unexpected.filter((path) => !allow.unexpected?.(path)),
  };
  const problems = [
    ...unpermitted.missing.map((path) => `missing "${path}" ${formatShape(targets.get(path)!.shape)}`),
    ...unpermitted.unexpected.map(
      (path) => `unexpected "${path}" ${formatShape(numbers[path]!.shape)}.${didYouMean(path, unpermitted.missing)}`,
    ),
    ...[...targets].flatMap(([path, { shape }]) => {
      const got = numbers[path]?.shape;
      return got && !sameShape(got, shape) ? [`"${path}" expected ${formatShape(shape)}, got ${formatShape(got)}`] : [];
    }),
  ];
  if (problems.length === 0) return { missing, unexpected };
  throw reportProblems(
    'CHECKPOINT_MISMATCH',
    `${source} does not fit the model (${problems.length} of ${targets.size} names):`,
    cutList(problems),
    {
      hint: 'it was probably made by another architecture, size or number of identities.',
    },
  );
}

/** Puts numbers into a model by name. Nothing is changed unless everything fits; throws as {@link checkStateDict} does. */
export function loadStateDict(model: Module, numbers: HostTensors, options: LoadOptions = {}): LoadReport {
  const report = checkStateDict(model, numbers, options);
  for (const [path, target] of namedParameters(model)) if (path in numbers) target.assign(numbers[path]!);
  return report;
}

function cutList(lines: readonly string[], most = 30): string[] {
  return lines.length <= most ? [...lines] : [...lines.slice(0, most), `… and ${lines.length - most} more`];
}

/** Frees the numbers of every parameter. */
export function disposeModule(model: Module): void {
  for (const [, target] of namedParameters(model)) target.dispose();
}

/**
 * Runs `f` while the model's parameters and buffers are the tensors given by path; a path that is not given keeps its own numbers.
 * Throws UNKNOWN_NAME for a path that the model does not have.
 */
export function withParameters<T>(model: Module, values: Tensors, f: () => T): T {
  const targets = new Map(namedParameters(model));
  const borrowed = Object.entries(values).map(([path, tensor]): readonly [Parameter, Tensor] => {
    const target = targets.get(path);
    if (!target) throw new ReidError('UNKNOWN_NAME', `The model has no parameter "${path}".${didYouMean(path, targets.keys())}`);
    return [target, tensor];
  });
  return Parameter.borrow(borrowed, f);
}
