import { ReidError } from './errors.ts';
import { formatShape, hostTensor, sameShape, sizeOf, type HostTensor } from './host-tensor.ts';
import type { Random } from './random.ts';
import { keep, toTensor, type Tensor } from './tensor.ts';

/** First values of a parameter: drawn from its own place in the tree of random numbers, so no order of construction matters. */
export type Initializer = (random: Random, shape: readonly number[]) => Float32Array;

const MARKER = Symbol.for('reidkit.parameter');

/** What a parameter may be told beside its shape. */
export interface ParameterOptions {
  /** Whether training may change it; a stage of a recipe can only narrow this. Default: true. */
  readonly trainable?: boolean;
  /** A buffer is state that training updates without gradients, like running statistics. Default: `parameter`. */
  readonly role?: 'parameter' | 'buffer';
}

/**
 * A named place for numbers in a module. It knows its shape and first values from the start and holds no memory until
 * `initializeParameters` or `loadStateDict` fills it, so that a model of any size can be built and counted.
 */
export class Parameter {
  readonly shape: readonly number[];
  readonly initialize: Initializer;
  readonly trainable: boolean;
  readonly role: 'parameter' | 'buffer';
  #value: Tensor | undefined;

  constructor(shape: readonly number[], initialize: Initializer, { trainable = true, role = 'parameter' }: ParameterOptions = {}) {
    this.shape = shape;
    this.initialize = initialize;
    this.trainable = trainable && role === 'parameter';
    this.role = role;
    Object.defineProperty(this, MARKER, { value: true });
  }

  /** Tells a parameter from any other value, across copies of this package. */
  static is(value: unknown): value is Parameter {
    return typeof value === 'object' && value !== null && MARKER in value;
  }

  /** Whether it holds numbers. */
  get hasValue(): boolean {
    return this.#value !== undefined && !this.#value.isDisposed;
  }

  /** The numbers in use now. Throws UNINITIALIZED before there are any. */
  get value(): Tensor {
    if (this.#value === undefined) {
      throw new ReidError('UNINITIALIZED', `A parameter of shape ${formatShape(this.shape)} has no numbers yet.`, {
        hint: 'call initializeParameters(model, Random.seed(1)) or loadStateDict(model, …) first.',
      });
    }
    return this.#value;
  }

  /** Takes other numbers and frees the old ones. Throws SHAPE_MISMATCH. */
  assign(numbers: HostTensor): void {
    if (!sameShape(numbers.shape, this.shape)) {
      throw new ReidError('SHAPE_MISMATCH', `A parameter expected ${formatShape(this.shape)}, got ${formatShape(numbers.shape)}.`);
    }
    this.dispose();
    this.#value = keep(toTensor(numbers));
  }

  /** Uses another tensor while `f` runs; the step functions are pure because of this. Returns what `f` returns. */
  static borrow<T>(borrowed: Iterable<readonly [Parameter, Tensor]>, f: () => T): T {
    const before: (readonly [Parameter, Tensor | undefined])[] = [];
    try {
      for (const [parameter, tensor] of borrowed) {
        before.push([parameter, parameter.#value]);
        parameter.#value = tensor;
      }
      return f();
    } finally {
      for (const [parameter, tensor] of before.reverse()) parameter.#value = tensor;
    }
  }

  /** Frees the numbers. */
  dispose(): void {
    this.#value?.dispose();
    this.#value = undefined;
  }
}

/** A trainable parameter. */
export function parameter(shape: readonly number[], initialize: Initializer, options?: Omit<ParameterOptions, 'role'>): Parameter {
  return new Parameter(shape, initialize, options);
}

/** State that is saved with the model and never gets a gradient. */
export function buffer(shape: readonly number[], initialize: Initializer): Parameter {
  return new Parameter(shape, initialize, { role: 'buffer' });
}

/** First numbers of a parameter as host tensor. */
export function initialNumbers(target: Parameter, random: Random): HostTensor {
  return hostTensor(target.initialize(random, target.shape), target.shape);
}

/** All zeros. */
export const zerosInit: Initializer = (_random, shape) => new Float32Array(sizeOf(shape));

/** All ones. */
export const onesInit: Initializer = constantInit(1);

/** One number everywhere. */
export function constantInit(value: number): Initializer {
  return (_random, shape) => new Float32Array(sizeOf(shape)).fill(value);
}

/** Normal distribution around 0. */
export function normalInit(deviation: number): Initializer {
  return (random, shape) => random.normal(sizeOf(shape), deviation);
}

/** Normal distribution around 0, drawn again beyond `cut` (in the same unit as the numbers; timm and torch cut at ±2). */
export function truncatedNormalInit(deviation: number, cut = 2): Initializer {
  return (random, shape) => {
    const stream = random.stream();
    return Float32Array.from({ length: sizeOf(shape) }, () => {
      for (;;) {
        const drawn = stream.normal(0, deviation);
        if (Math.abs(drawn) <= cut) return drawn;
      }
    });
  };
}

/** Uniform in [−bound, bound). */
export function uniformInit(bound: number): Initializer {
  return (random, shape) => random.uniform(sizeOf(shape)).map((u) => (2 * u - 1) * bound);
}

/** He's normal distribution for ReLU, by the fan-out of a convolution `[O, I, h, w]` or linear `[O, I]` weight. */
export const kaimingFanOut: Initializer = (random, shape) => {
  const fanOut = shape[0]! * sizeOf(shape.slice(2));
  return random.normal(sizeOf(shape), Math.sqrt(2 / fanOut));
};
