/** A tensor type as it is written. */
interface Type {
  readonly text: string;
  readonly shape: readonly number[];
  readonly element: string;
}

/** One operation of a program as it is written. */
interface Operation {
  readonly name: string;
  readonly operands: readonly Type[];
  readonly results: readonly Type[];
  readonly attributes: string;
}

const typeOf = (text: string): Type => {
  const parts = text.slice('tensor<'.length, -1).split('x');
  return { text, shape: parts.slice(0, -1).map(Number), element: parts.at(-1)! };
};
const typesIn = (text: string): Type[] => [...text.matchAll(/tensor<[^>]*>/g)].map(([type]) => typeOf(type));
const sizeOf = ({ shape }: Type): number => shape.reduce((product, length) => product * length, 1);

/** Numbers of a list attribute: `name = array<i64: 1, 2>` or `name = [1, 2]`. */
function listOf(attributes: string, name: string): number[] {
  const found = new RegExp(`\\b${name} = (?:array<i64(?::([^>]*))?>|\\[([^\\]]*)\\])`).exec(attributes);
  const text = (found?.[1] ?? found?.[2] ?? '').trim();
  return text === '' ? [] : text.split(',').map(Number);
}

const numberOf = (attributes: string, name: string): number => Number(new RegExp(`\\b${name} = (-?\\d+)`).exec(attributes)?.[1]);

/** What is wrong with an operation, if anything is; shapes that follow from the operands are compared with those that are written. */
type Rule = (operation: Operation) => string | undefined;

const expectShape = ({ results }: Operation, shape: readonly number[]): string | undefined =>
  results[0]!.shape.join() === shape.join() ? undefined : `gives [${results[0]!.shape}] instead of [${shape}]`;

const alike: Rule = (operation) => {
  const [first, ...rest] = operation.operands;
  if (rest.some(({ text }) => text !== first!.text)) return `has operands ${operation.operands.map(({ text }) => text).join(' and ')}`;
  return expectShape(operation, first!.shape);
};

const without = (shape: readonly number[], axes: readonly number[]): number[] => shape.filter((_, axis) => !axes.includes(axis));

const dot: Rule = (operation) => {
  const [a, b] = operation.operands as [Type, Type];
  const axes = (side: string, what: string): number[] => listOf(operation.attributes, `${side}_${what}_dimensions`);
  const [batchA, batchB, overA, overB] = [axes('lhs', 'batching'), axes('rhs', 'batching'), axes('lhs', 'contracting'), axes('rhs', 'contracting')]; // prettier-ignore
  const lengths = ({ shape }: Type, of: readonly number[]): string => of.map((axis) => shape[axis]).join();
  if (lengths(a, batchA) !== lengths(b, batchB) || lengths(a, overA) !== lengths(b, overB)) return 'joins axes of different lengths';
  return expectShape(operation, [...batchA.map((axis) => a.shape[axis]!), ...without(a.shape, [...batchA, ...overA]), ...without(b.shape, [...batchB, ...overB])]); // prettier-ignore
};

const broadcast: Rule = ({ operands, results, attributes }) => {
  const axes = listOf(attributes, 'broadcast_dimensions');
  const [x] = operands as [Type];
  const fits = axes.length === x.shape.length && x.shape.every((length, i) => length === 1 || length === results[0]!.shape[axes[i]!]);
  return fits ? undefined : `repeats [${x.shape}] along [${axes}] to [${results[0]!.shape}]`;
};

const pad: Rule = (operation) => {
  const [low, high, between] = ['edge_padding_low', 'edge_padding_high', 'interior_padding'].map((name) => listOf(operation.attributes, name)) as [number[], number[], number[]]; // prettier-ignore
  const { shape } = operation.operands[0]!;
  return expectShape(operation, shape.map((length, i) => length + low[i]! + high[i]! + Math.max(0, length - 1) * between[i]!)); // prettier-ignore
};

const slice: Rule = (operation) => {
  const [from, to, by] = ['start_indices', 'limit_indices', 'strides'].map((name) => listOf(operation.attributes, name)) as [number[], number[], number[]]; // prettier-ignore
  const { shape } = operation.operands[0]!;
  if ([from, to, by].some(({ length }) => length !== shape.length)) return 'does not name every axis';
  if (from.some((start, i) => start < 0 || to[i]! > shape[i]!)) return `reaches outside [${shape}]`;
  return expectShape(operation, from.map((start, i) => Math.ceil((to[i]! - start) / by[i]!))); // prettier-ignore
};

const concatenate: Rule = (operation) => {
  const axis = numberOf(operation.attributes, 'dimension');
  const [first] = operation.operands as [Type];
  if (operation.operands.some(({ shape }) => without(shape, [axis]).join() !== without(first.shape, [axis]).join())) return 'joins shapes that differ'; // prettier-ignore
  const length = operation.operands.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  return expectShape(operation, first.shape.map((old, i) => (i === axis ? length : old))); // prettier-ignore
};

/** Lengths of a window's axes after it has moved over an input. */
const moved: Rule = (operation) => {
  const { operands, attributes } = operation;
  const [sizes, strides] = [listOf(attributes, 'window_dimensions'), listOf(attributes, 'window_strides')];
  const pads = [...attributes.matchAll(/\[(-?\d+), (-?\d+)\]/g)].map(([, low, high]) => Number(low) + Number(high));
  const shape = operands[0]!.shape.map((length, i) => Math.floor((length + (pads[i] ?? 0) - sizes[i]!) / strides[i]!) + 1);
  return expectShape(operation, shape);
};

const convolution: Rule = (operation) => {
  const { operands, attributes } = operation;
  const names = /#stablehlo\.conv<\[(.*?)\]x\[(.*?)\]->\[(.*?)\]>/.exec(attributes)!.slice(1).map((list) => list.split(', ')); // prettier-ignore
  const [image, filter, result] = names as [string[], string[], string[]];
  const at = (type: Type, list: readonly string[], name: string): number => type.shape[list.indexOf(name)]!;
  const [x, w] = operands as [Type, Type];
  const [features, batches] = [numberOf(attributes, 'feature_group_count'), numberOf(attributes, 'batch_group_count')];
  if (at(x, image, 'f') / features !== at(w, filter, 'i')) return 'has a filter for other features';
  const [strides, spread, apart] = ['window_strides', 'lhs_dilation', 'rhs_dilation'].map((name) => listOf(attributes, name)) as [number[], number[], number[]]; // prettier-ignore
  const pads = [.../padding = dense<\[(.*?)\]> :/.exec(attributes)![1]!.matchAll(/\[(-?\d+), (-?\d+)\]/g)].map(([, low, high]) => Number(low) + Number(high)); // prettier-ignore
  const length = (i: number): number => {
    const padded = (at(x, image, String(i)) - 1) * spread[i]! + 1 + pads[i]!;
    return Math.floor((padded - ((at(w, filter, String(i)) - 1) * apart[i]! + 1)) / strides[i]!) + 1;
  };
  const lengths: Readonly<Record<string, number>> = { b: at(x, image, 'b') / batches, f: at(w, filter, 'o') };
  return expectShape(operation, result.map((name) => lengths[name] ?? length(Number(name)))); // prettier-ignore
};

const reduce: Rule = (operation) =>
  expectShape(operation, without(operation.operands[0]!.shape, listOf(operation.attributes, 'dimensions')));
const reshape: Rule = ({ operands, results }) => (sizeOf(operands[0]!) === sizeOf(results[0]!) ? undefined : `makes [${results[0]!.shape}] of [${operands[0]!.shape}]`); // prettier-ignore
const constant: Rule = ({ results, attributes }) =>
  attributes.includes(`> : ${results[0]!.text}`) ? undefined : 'is of another type than it says';
const same: Rule = (operation) => expectShape(operation, operation.operands[0]!.shape);

const RULES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    'add subtract multiply divide maximum minimum power remainder atan2 and or shift_right_logical compare'
      .split(' ')
      .map((name) => [name, alike]),
  ),
  ...Object.fromEntries(
    'negate abs exponential log sqrt rsqrt convert not sort reverse scatter is_finite'.split(' ').map((name) => [name, same]),
  ),
  select: (operation) => (operation.operands.some(({ shape }) => shape.join() !== operation.results[0]!.shape.join()) ? 'chooses among shapes that differ' : undefined), // prettier-ignore
  transpose: (operation) => expectShape(operation, listOf(operation.attributes, 'permutation').map((axis) => operation.operands[0]!.shape[axis]!)), // prettier-ignore
  dot_general: dot,
  broadcast_in_dim: broadcast,
  reduce_window: moved,
  convolution,
  concatenate,
  constant,
  reduce,
  reshape,
  slice,
  pad,
};

/** Regions on one line each, so that every operation is a line. */
const flat = (text: string): string => text.replaceAll(/\(\{[\s\S]*?\n {4}\}\)/g, '({})').replaceAll(/ \(\{\n[\s\S]*?\n {4}\}(?:, \{\n[\s\S]*?\n {4}\})*\)/g, ''); // prettier-ignore

const LINE = /^ {4}(?:(%\d+)(?::(\d+))? = )?"(?:stablehlo|func)\.(\w+)"\(([^)]*)\)(?: <\{(.*)\}>)?(?: \(\{\}\))? : \((.*?)\) -> (.*)$/;

/** One line of a program, taken apart. */
interface Line {
  readonly operation: Operation;
  readonly operands: readonly string[];
  readonly result?: string;
  readonly count: number;
}

function lineOf(text: string): Line | undefined {
  const found = LINE.exec(text);
  if (!found) return undefined;
  const [, result, count = '1', name, operands, attributes = '', inTypes, outTypes] = found;
  const operation: Operation = { name: name!, operands: typesIn(inTypes!), results: typesIn(outTypes!), attributes };
  return { operation, operands: operands === '' ? [] : operands!.split(', '), count: Number(count), ...(result ? { result } : {}) };
}

/** What is wrong with one line, beside names that are known by now with their types. */
function faultsOfLine({ operation, operands, result, count }: Line, known: ReadonlyMap<string, string>): string[] {
  const { name, operands: types, results } = operation;
  const faults = operands.flatMap((operand, i) =>
    known.get(operand) === types[i]?.text ? [] : [`${name} takes ${operand} for ${types[i]?.text}`],
  );
  if (result && results.length !== count) faults.push(`${name} gives ${results.length} results`);
  const fault = RULES[name]?.(operation);
  return fault ? [...faults, `${name} ${fault}`] : faults;
}

/** What is wrong with how memory is handed on. */
function faultsOfDonation(head: string, outputs: readonly string[]): string[] {
  const given = [...head.matchAll(/%\w+: (tensor<[^>]*>) \{tf\.aliasing_output = (\d+)/g)].map(
    ([, type, to]) => [type!, Number(to)] as const,
  );
  const twice = new Set(given.map(([, to]) => to)).size === given.length ? [] : ['an output takes the memory of two inputs'];
  return [...twice, ...given.flatMap(([type, to]) => (outputs[to] === type ? [] : [`output ${to} takes the memory of ${type}`]))];
}

/** Everything that is wrong with a program: names before they are there, types that differ, shapes that do not follow, memory given twice. */
export function faultsOf(text: string): string[] {
  const [, head, tail] = /@main\((.*)\) -> \((.*)\) \{/.exec(text)!;
  const known = new Map<string, string>();
  for (const [, name, type] of head!.matchAll(/(%\w+): (tensor<[^>]*>)/g)) known.set(name!, type!);
  const outputs = typesIn(tail!).map((type) => type.text);
  const faults = faultsOfDonation(head!, outputs);
  for (const each of flat(text).split('\n').slice(2, -3)) {
    const line = lineOf(each);
    if (!line) {
      faults.push(`is no operation: ${each.slice(0, 120)}`);
      continue;
    }
    faults.push(...faultsOfLine(line, known));
    const { operation, result, count } = line;
    if (operation.name === 'return' && operation.operands.map((type) => type.text).join() !== outputs.join())
      faults.push('returns other types');
    if (result) operation.results.forEach((type, i) => known.set(count === 1 ? result : `${result}#${i}`, type.text));
  }
  return faults;
}
