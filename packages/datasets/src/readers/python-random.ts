const SIZE = 624;
const SHIFT = 397;

/** State from one number, by Knuth's multiplier. */
function seeded(seed: number): Uint32Array {
  const state = new Uint32Array(SIZE);
  state[0] = seed;
  for (let i = 1; i < SIZE; i++) {
    const before = state[i - 1]! ^ (state[i - 1]! >>> 30);
    state[i] = Math.imul(1812433253, before) + i;
  }
  return state;
}

/** State from a key of one word, as Python seeds with a whole number. */
function keyed(key: number): Uint32Array {
  const state = seeded(19650218);
  let i = 1;
  const step = (multiplier: number, offset: number): void => {
    state[i] = (state[i]! ^ Math.imul(state[i - 1]! ^ (state[i - 1]! >>> 30), multiplier)) + offset;
    if (++i < SIZE) return;
    state[0] = state[SIZE - 1]!;
    i = 1;
  };
  for (let k = 0; k < SIZE; k++) step(1664525, key);
  for (let k = 1; k < SIZE; k++) step(1566083941, -i);
  state[0] = 0x80000000;
  return state;
}

/**
 * The numbers of Python's `random` after `random.seed(n)`: the Mersenne Twister MT19937. Several protocols draw their galleries with it, so
 * equal galleries need equal numbers.
 *
 * @see https://doi.org/10.1145/272991.272995
 */
export class PythonRandom {
  readonly #state: Uint32Array;
  #at = SIZE;

  constructor(seed: number) {
    this.#state = keyed(seed >>> 0);
  }

  #refill(): void {
    const state = this.#state;
    for (let i = 0; i < SIZE; i++) {
      const mixed = (state[i]! & 0x80000000) | (state[(i + 1) % SIZE]! & 0x7fffffff);
      state[i] = state[(i + SHIFT) % SIZE]! ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    this.#at = 0;
  }

  /** The next 32 bits. */
  #word(): number {
    if (this.#at >= SIZE) this.#refill();
    let word = this.#state[this.#at++]!;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  /** A whole number from 0 to below `count`, by rejection as `random.choice` draws it. */
  below(count: number): number {
    const bits = 32 - Math.clz32(count);
    for (;;) {
      const drawn = this.#word() >>> (32 - bits);
      if (drawn < count) return drawn;
    }
  }

  /** `random.choice`. */
  choice<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}
