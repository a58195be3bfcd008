import { type GraphNode, type GraphValue, sizeOf } from '@reidkit/core-tensor';
import type { Update } from '../split-updates.ts';
import { type Local, VectorCode } from './vector-code.ts';

/** Numbers of one run: all arrays of it stay in the second cache of a processor. */
const BLOCK = 16384;

/** An update in WebAssembly. */
export interface ElementwiseProgram {
  /** Computes the new numbers: leaves of the update in, its outputs written to the targets, which may be leaves. */
  run(leaves: readonly Float32Array[], targets: readonly Float32Array[]): void;
}

type Emit = (code: VectorCode, input: (name: string) => Local, attributes: GraphNode['attributes']) => readonly Local[];

const binary =
  (operation: 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max'): Emit =>
  (code, input) => [code.compute(operation, input('a'), input('b'))];
const unary =
  (operation: 'abs' | 'neg' | 'sqrt'): Emit =>
  (code, input) => [code.compute(operation, input('x'))];

const adam: Emit = (code, input, attributes) => {
  const { beta1, beta2, epsilon } = attributes as Record<'beta1' | 'beta2' | 'epsilon', number>;
  const gradient = input('gradient');
  const scaled = (x: Local, factor: number): Local => code.compute('mul', x, code.constant(factor));
  const first = code.compute('add', scaled(input('first'), beta1), scaled(gradient, 1 - beta1));
  const second = code.compute('add', scaled(input('second'), beta2), scaled(code.compute('mul', gradient, gradient), 1 - beta2));
  const length = code.compute('add', code.compute('mul', code.compute('sqrt', second), input('scale')), code.constant(epsilon));
  const step = code.compute('mul', code.compute('div', first, length), input('stride'));
  return [code.compute('sub', input('parameter'), step), first, second];
};

/** Kernels that vectors have instructions for. */
const KERNELS: Readonly<Record<string, Emit>> = {
  Abs: unary('abs'),
  Add: binary('add'),
  Maximum: binary('max'),
  Minimum: binary('min'),
  Multiply: binary('mul'),
  Neg: unary('neg'),
  RealDiv: binary('div'),
  ReidAdamUpdate: adam,
  Sqrt: unary('sqrt'),
  Square: (code, input) => [code.compute('mul', input('x'), input('x'))],
  Sub: binary('sub'),
};

const isCovered = ({ kernel, inputs }: GraphNode): boolean =>
  Object.hasOwn(KERNELS, kernel) && !('largest' in inputs) && Object.values(inputs).every(({ dtype }) => dtype === 'float32');

const isScalar = (value: GraphValue): boolean => sizeOf(value.shape) === 1;

/** An update as one pass over its numbers, or undefined where a kernel of it has no vector form. Results are those of the kernels, bit for bit. */
export function elementwiseProgram({ nodes, leaves, outputs }: Update): ElementwiseProgram | undefined {
  if (!nodes.every(isCovered)) return undefined;
  const code = new VectorCode();
  const places = leaves.length + outputs.length;
  const arrayAt = (place: number): number => place * BLOCK * 4;
  const scalarAt = (place: number): number => arrayAt(places) + 16 * place;
  const locals = new Map<GraphValue, Local>();
  leaves.forEach((leaf, i) => locals.set(leaf, isScalar(leaf) ? code.scalar(scalarAt(i)) : code.load(arrayAt(i))));
  const localOf = (value: GraphValue): Local => {
    const held = locals.get(value) ?? (value.kind === 'constant' ? code.constant(value.uniform!) : undefined);
    if (held === undefined) throw new Error('an update reads a value that it does not compute');
    locals.set(value, held);
    return held;
  };
  for (const { kernel, inputs, attributes, results } of nodes) {
    const made = KERNELS[kernel]!(code, (name) => localOf(inputs[name]!), attributes);
    results.forEach((result, i) => locals.set(result, made[i]!));
  }
  outputs.forEach(([, value], i) => code.store(arrayAt(leaves.length + i), localOf(value)));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(code.bytes(scalarAt(leaves.length))));
  const { run, memory } = instance.exports as unknown as { run(bytes: number): void; memory: WebAssembly.Memory };
  const arrays = Array.from({ length: places }, (_, place) => new Float32Array(memory.buffer, arrayAt(place), BLOCK));
  const scalars = leaves.map((_, place) => new Float32Array(memory.buffer, scalarAt(place), 1));
  return {
    run(given, targets) {
      const length = targets[0]!.length;
      leaves.forEach((leaf, i) => isScalar(leaf) && scalars[i]!.set(given[i]!));
      for (let from = 0; from < length; from += BLOCK) {
        const to = Math.min(length, from + BLOCK);
        leaves.forEach((leaf, i) => isScalar(leaf) || arrays[i]!.set(given[i]!.subarray(from, to)));
        run(4 * (to - from));
        targets.forEach((target, i) => target.set(arrays[leaves.length + i]!.subarray(0, to - from), from));
      }
    },
  };
}
