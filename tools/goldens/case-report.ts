import type { GoldenReport, GoldenTensor } from './adapter.ts';
import { compareNumbers, isWhole, type Deviation, type Tolerance } from './compare-numbers.ts';

/** The tolerance of a case with the sharper entries that areas add, such as `atol_out`, `atol_grad` and `grad`. */
export type CaseTolerance = Tolerance & Readonly<Record<string, unknown>>;

/** What a case came to. */
export interface Findings {
  readonly failures: readonly string[];
  /** Tensors and facts that were compared. */
  readonly compared: number;
  /** Largest difference as a share of the tolerance. */
  readonly share: number;
  /** Numbers that are NaN in both: said, because a NaN never passes in silence. */
  readonly bothNaN: number;
}

const number = (value: number | bigint): string => (typeof value === 'number' ? String(Number(value.toPrecision(9))) : `${value}`);

function describe(name: string, { at, got, want, difference, allowed }: Deviation, wrong: number, count: number): string {
  const where = at.length > 0 ? ` at [${at.join(', ')}]` : '';
  const gap = `differs by ${difference.toPrecision(3)}, allowed ${allowed.toPrecision(3)}`;
  return `${name}: ${wrong} of ${count} off, the most${where}: got ${number(got)}, want ${number(want)}, ${gap}`;
}

/** The tolerance for a tensor stored under `key`: `grad/x` takes the case's `grad` or `atol_grad` where it has them, and so on. */
export function toleranceOf(tolerance: CaseTolerance, key: string | undefined): Tolerance {
  const { atol, rtol, compare } = tolerance;
  const base = { atol: atol ?? 0, rtol: rtol ?? 0, compare: compare ?? ('element' as const) };
  const prefix = key?.split('/')[0];
  if (!prefix) return base;
  const own = tolerance[prefix];
  const sharper = tolerance[`atol_${prefix}`];
  return {
    ...base,
    ...(typeof sharper === 'number' ? { atol: sharper } : {}),
    ...(typeof own === 'object' && own !== null ? (own as Tolerance) : {}),
  };
}

/** Collects what an adapter finds. */
export class CaseReport implements GoldenReport {
  readonly #tolerance: CaseTolerance;
  readonly #keyOf: (tensor: GoldenTensor) => string | undefined;
  readonly #failures: string[] = [];
  #compared = 0;
  #share = 0;
  #bothNaN = 0;

  /** `keyOf` names the key that a tensor is stored under, if it is one of the case's. */
  constructor(tolerance: CaseTolerance, keyOf: (tensor: GoldenTensor) => string | undefined = () => undefined) {
    this.#tolerance = tolerance;
    this.#keyOf = keyOf;
  }

  compare(name: string, got: ArrayLike<number>, want: GoldenTensor, tolerance?: Tolerance): void {
    const { length } = want.data;
    if (length > 0) this.#compared++;
    if (got.length !== length) {
      this.#failures.push(`${name}: got ${got.length} numbers, want ${length} of shape [${want.shape.join(', ')}]`);
      return;
    }
    const stated = isWhole(want.dtype) ? {} : toleranceOf(this.#tolerance, this.#keyOf(want));
    const { wrong, worst, share, bothNaN, count } = compareNumbers(got, want, { ...stated, ...tolerance });
    this.#share = Math.max(this.#share, share);
    this.#bothNaN += bothNaN;
    if (worst) this.#failures.push(describe(name, worst, wrong, count));
  }

  check(name: string, ok: boolean, detail?: string): void {
    this.#compared++;
    if (!ok) this.#failures.push(detail ? `${name}: ${detail}` : name);
  }

  /** What was found so far. */
  findings(): Findings {
    return { failures: [...this.#failures], compared: this.#compared, share: this.#share, bothNaN: this.#bothNaN };
  }
}
