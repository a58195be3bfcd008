import { ReidError } from './errors.ts';

/** A key of the counter-based generator: two 32-bit words. Equal keys give equal numbers, for ever. */
export interface RandomKey {
  readonly high: number;
  readonly low: number;
}

const PARITY = 0x1bd11bda;
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;

/**
 * Threefry-2x32 with 20 rounds: 64 random bits for a counter under a key, written to `out[0]` and `out[1]`.
 * @see Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011), section 3.3.
 */
export function threefry(key: RandomKey, counterHigh: number, counterLow: number, out: Uint32Array): void {
  const k0 = key.high | 0;
  const k1 = key.low | 0;
  const k2 = PARITY ^ k0 ^ k1;
  const keys = [k0, k1, k2];
  let x0 = (counterHigh + k0) | 0;
  let x1 = (counterLow + k1) | 0;
  for (let group = 0; group < 5; group++) {
    const first = (group & 1) * 4;
    for (let i = first; i < first + 4; i++) {
      const r = ROTATIONS[i]!;
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << r) | (x1 >>> (32 - r))) ^ x0;
    }
    x0 = (x0 + keys[(group + 1) % 3]!) | 0;
    x1 = (x1 + keys[(group + 2) % 3]! + group + 1) | 0;
  }
  out[0] = x0;
  out[1] = x1;
}

/** FNV-1a over UTF-16 code units: turns a name into 32 bits of a key. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Numbers drawn one after another from one key. Drawing n numbers is the same whether asked one by one or at once. */
export class RandomStream {
  readonly #key: RandomKey;
  readonly #block = new Uint32Array(2);
  #position = 0;

  constructor(key: RandomKey) {
    this.#key = key;
  }

  /** 32 random bits, as a whole number in [0, 2³²). */
  bits(): number {
    const counter = this.#position >>> 1;
    if ((this.#position & 1) === 0) threefry(this.#key, Math.floor(counter / 2 ** 32), counter, this.#block);
    return this.#block[this.#position++ & 1]!;
  }

  /** A number in [low, high), 32 bits fine. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.bits() / 2 ** 32);
  }

  /** A whole number in 0 … bound − 1, each equally likely. Throws INVALID_ARGUMENT when `bound` is not in 1 … 2³². */
  integer(bound: number): number {
    if (!(bound >= 1 && bound <= 2 ** 32)) throw new ReidError('INVALID_ARGUMENT', `integer(bound) takes 1 to 2^32, got ${bound}.`);
    const fair = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const drawn = this.bits();
      if (drawn < fair) return drawn % bound;
    }
  }

  /** A number of the normal distribution (Box and Muller; uses two draws). */
  normal(mean = 0, deviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log((this.bits() + 1) / 2 ** 32));
    return mean + deviation * radius * Math.cos(2 * Math.PI * (this.bits() / 2 ** 32));
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** One of the values. Throws INVALID_ARGUMENT when there are none. */
  choice<T>(values: readonly T[]): T {
    return values[this.integer(values.length)]!;
  }

  /** A shuffled copy (Fisher and Yates). */
  shuffle<T>(values: readonly T[]): T[] {
    const copy = [...values];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [copy[i], copy[j]] = [copy[j]!, copy[i]!];
    }
    return copy;
  }
}

/**
 * A place in a tree of random numbers. `fork` goes to a child by name or number, `stream` draws from here; nothing here changes state, so
 * the numbers of one part never depend on how many another part drew.
 *
 * @example
 * ```ts
 * import { Random } from '@reidkit/core-tensor';
 * const epoch = Random.seed(1).fork('sampler', 3);
 * const order = epoch.stream().shuffle([0, 1, 2, 3]);
 * console.assert(order.length === 4);
 * ```
 */
export class Random {
  readonly key: RandomKey;

  constructor(key: RandomKey) {
    this.key = key;
  }

  /** The root of a seed: a whole number of at most 53 bits. Throws INVALID_ARGUMENT for anything else. */
  static seed(seed: number): Random {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new ReidError('INVALID_ARGUMENT', `A seed is a whole number from 0 to 2^53 - 1, got ${seed}.`);
    }
    return new Random({ high: Math.floor(seed / 2 ** 32) >>> 0, low: seed >>> 0 });
  }

  /** The child reached by these names and numbers, in order. */
  fork(...path: readonly (string | number)[]): Random {
    let key = this.key;
    const out = new Uint32Array(2);
    for (const step of path) {
      if (typeof step === 'string') threefry(key, 0x6e616d65, hashName(step), out);
      else threefry(key, Math.floor(step / 2 ** 32) | 0, step >>> 0, out);
      key = { high: out[0]!, low: out[1]! };
    }
    return new Random(key);
  }

  /** Draws from here, from the beginning. */
  stream(): RandomStream {
    return new RandomStream(this.key);
  }

  /** `count` numbers in [0, 1). */
  uniform(count: number): Float32Array {
    const values = new Float32Array(count);
    const block = new Uint32Array(2);
    for (let i = 0; i < count; i += 2) {
      threefry(this.key, 0, i / 2, block);
      values[i] = (block[0]! >>> 8) / 2 ** 24; // 24 bits: exact in float32, never 1
      if (i + 1 < count) values[i + 1] = (block[1]! >>> 8) / 2 ** 24;
    }
    return values;
  }

  /** `count` numbers of the normal distribution. */
  normal(count: number, deviation = 1): Float32Array {
    const values = new Float32Array(count);
    const block = new Uint32Array(2);
    for (let i = 0; i < count; i += 2) {
      threefry(this.key, 0, i / 2, block);
      const radius = deviation * Math.sqrt(-2 * Math.log((block[0]! + 1) / 2 ** 32));
      const angle = 2 * Math.PI * (block[1]! / 2 ** 32);
      values[i] = radius * Math.cos(angle);
      if (i + 1 < count) values[i + 1] = radius * Math.sin(angle);
    }
    return values;
  }
}
