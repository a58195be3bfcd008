import { ReidError } from '../errors.ts';
import { formatShape, hostTensor, type HostTensor, type HostTensors } from '../host-tensor.ts';
import { Random } from '../random.ts';
import { valueAndGradients } from '../step.ts';
import { disposeAll, mul, readTensor, readTensors, scoped, sum, toTensor, toTensors, type Tensor, type Tensors } from '../tensor.ts';

/** How gradients are measured. */
export interface DifferenceOptions {
  /** Names of the inputs to differentiate; all of float32 unless given. */
  readonly of?: readonly string[];
  /** Width of a step for numbers around 1; a larger number takes a larger step. Default: 0.02. */
  readonly step?: number;
  /** Numbers of each input that are tried, evenly spread. Default: 40. */
  readonly most?: number;
  /** Largest difference allowed, as a share of the largest gradient of that input. Default: 0.005. */
  readonly tolerance?: number;
}

/** A gradient as differences measure it, at some places of an input. */
export interface MeasuredGradient {
  /** Positions in the input, row-major. */
  readonly at: readonly number[];
  readonly gradient: Float64Array;
  /** How much two widths of step disagree about each one. At a kink (hard mining, ReLU) that is much. */
  readonly doubt: Float64Array;
  /** What the rounding of the results alone may add to each one. */
  readonly rounding: number;
}

/** Four units in the last place of float32: what sums of some dozen terms are off by. */
const ROUNDING = 4 * 2 ** -24;

type Function = (inputs: Tensors) => Tensor;

/** Fixed factors that make one number of whatever a function gives, so that a gradient of every output is seen. */
function factorsFor(size: number): Float32Array {
  return size === 1 ? Float32Array.of(1) : Random.seed(7).normal(size);
}

async function contracted(f: Function, inputs: Tensors): Promise<number> {
  const result = scoped(() => f(inputs));
  const { data } = await readTensor(result);
  result.dispose();
  const factors = factorsFor(data.length);
  return Array.from(data).reduce((total, value, i) => total + value * factors[i]!, 0); // in float64: no rounding is added to the outputs'
}

const spread = (size: number, most: number): number[] =>
  size <= most ? Array.from({ length: size }, (_, i) => i) : Array.from({ length: most }, (_, i) => Math.floor(((i + 0.5) * size) / most));

/** How much the function's value changes when one number of one input moves, divided by the move. */
type Probe = (position: number, by: number) => Promise<number>;

function probeOf(f: Function, { inputs, fixed, name, center }: ProbedInput): Probe {
  const { shape, data } = inputs[name]!;
  return async (position, by) => {
    const numbers = Float32Array.from(data);
    numbers[position] = data[position]! + by;
    const exact = numbers[position]! - data[position]!; // what float32 made of the step
    const moved = toTensor(hostTensor(numbers, shape));
    const value = await contracted(f, { ...fixed, [name]: moved });
    moved.dispose();
    return (value - center) / exact;
  };
}

interface ProbedInput {
  readonly inputs: HostTensors;
  readonly fixed: Tensors;
  readonly name: string;
  /** The function's value with nothing moved. */
  readonly center: number;
}

/**
 * Central differences of two widths, put together so that the error is of fourth order (Richardson). The slopes to both sides differ by half
 * as much at half the width, unless there is a kink between.
 */
async function slope(probe: Probe, position: number, step: number): Promise<{ gradient: number; doubt: number }> {
  const sides = async (by: number): Promise<{ mean: number; jump: number }> => {
    const [right, left] = [await probe(position, by), await probe(position, -by)];
    return { mean: (right + left) / 2, jump: right - left };
  };
  const [wide, narrow] = [await sides(step), await sides(step / 2)];
  return {
    gradient: (4 * narrow.mean - wide.mean) / 3,
    doubt: Math.abs(narrow.mean - wide.mean) + Math.abs(narrow.jump - wide.jump / 2),
  };
}

/**
 * Measures gradients of a function of named tensors. A result that is no scalar is multiplied by fixed random factors and summed, so that no
 * output escapes. Everything is computed in float32 (tfjs has no float64): steps are as wide as rounding needs (0.02), and the error of that
 * width is taken out by combining two of them; expect three to four digits of the largest gradient.
 *
 * @example
 * ```ts
 * import { hostTensor, referenceBackend, square, useBackend } from '@reidkit/core-tensor';
 * import { finiteDifferences } from '@reidkit/core-tensor/testing';
 * await useBackend(referenceBackend);
 * const { x } = await finiteDifferences(({ x }) => square(x!), { x: hostTensor([3], []) });
 * console.assert(Math.abs(x!.gradient[0]! - 6) < 1e-3);
 * ```
 */
export async function finiteDifferences(
  f: Function,
  inputs: HostTensors,
  { of = floatNames(inputs), step = 0.02, most = 40 }: DifferenceOptions = {},
): Promise<Readonly<Record<string, MeasuredGradient>>> {
  const fixed = toTensors(inputs);
  const center = await contracted(f, fixed);
  const measured: Record<string, MeasuredGradient> = {};
  for (const name of of) {
    const { data } = inputs[name] ?? unknownInput(name, inputs);
    const probe = probeOf(f, { inputs, fixed, name, center });
    const at = spread(data.length, most);
    const slopes = [];
    for (const position of at) slopes.push(await slope(probe, position, step * Math.max(1, Math.abs(data[position]!))));
    measured[name] = {
      at,
      gradient: Float64Array.from(slopes, ({ gradient }) => gradient),
      doubt: Float64Array.from(slopes, ({ doubt }) => doubt),
      rounding: (Math.abs(center) * ROUNDING) / step,
    };
  }
  disposeAll(fixed);
  return measured;
}

function floatNames(inputs: HostTensors): string[] {
  return Object.keys(inputs).filter((name) => inputs[name]!.dtype === 'float32');
}

function unknownInput(name: string, inputs: HostTensors): never {
  throw new ReidError('UNKNOWN_NAME', `finiteDifferences has no input "${name}", only ${Object.keys(inputs).join(', ')}.`);
}

async function computedGradients(f: Function, inputs: HostTensors, names: readonly string[]): Promise<HostTensors> {
  const tensors = toTensors(inputs);
  const variables = Object.fromEntries(names.map((name) => [name, tensors[name]!]));
  const gradients = scoped(() => {
    const weighted = (values: Tensors): Tensor => {
      const result = f({ ...tensors, ...values });
      return sum(mul(result, toTensor(hostTensor(factorsFor(result.size), result.shape))));
    };
    return valueAndGradients((values) => ({ value: weighted(values), rest: {} }), variables).gradients;
  });
  const numbers = await readTensors(gradients);
  disposeAll(gradients);
  disposeAll(tensors);
  return numbers;
}

function faultsOf(
  name: string,
  computed: HostTensor | undefined,
  measured: MeasuredGradient,
  { tolerance = 0.005 }: DifferenceOptions,
): string[] {
  const { at, gradient, doubt, rounding } = measured;
  const scale = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (!computed) return scale > 1e-3 ? [`No gradient reaches "${name}", though it changes the result.`] : [];
  const bad = computed.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) return [`The gradient of "${name}" is ${computed.data[bad]} at position ${bad}.`];
  const allowed = tolerance * Math.max(scale, 1e-2) + rounding;
  const sure = at.map((_, i) => i).filter((i) => doubt[i]! <= 4 * allowed);
  if (sure.length < at.length / 2) return [`The gradient of "${name}" cannot be measured: most of the tried numbers sit on a kink.`];
  const off = sure.map((i) => Math.abs(computed.data[at[i]!]! - gradient[i]!));
  const worst = sure[off.indexOf(Math.max(...off))];
  if (worst === undefined || Math.max(...off) <= allowed) return [];
  const [got, want] = [computed.data[at[worst]!]!, gradient[worst]!].map((value) => value.toPrecision(4));
  return [
    `The gradient of "${name}" ${formatShape(computed.shape)} is ${got} at position ${at[worst]}, where differences measure ${want} ` +
      `(${off.filter((value) => value > allowed).length} of ${off.length} tried are off).`,
  ];
}

/**
 * Compares the gradients that the engine computes with measured ones; a sentence for each input where they disagree. Places where the
 * function has a kink within a step are left out.
 */
export async function gradientFaults(f: Function, inputs: HostTensors, options: DifferenceOptions = {}): Promise<string[]> {
  const names = options.of ?? floatNames(inputs);
  if (names.length === 0) return [];
  const computed = await computedGradients(f, inputs, names);
  const measured = await finiteDifferences(f, inputs, options);
  return names.flatMap((name) => faultsOf(name, computed[name], measured[name]!, options));
}
