/** A long check: one or several cases, each with figures that are kept. */
export interface Proof {
  /** What it shows, in a sentence. */
  readonly summary: string;
  /** About how long all cases take on two processors. */
  readonly minutes: number;
  readonly cases: readonly ProofCase[];
}

/** One case of a proof. */
export interface ProofCase {
  readonly id: string;
  /** Gives the figures; throws when what should hold does not. */
  run(): Promise<Readonly<Record<string, unknown>>>;
}

/** Throws with a sentence unless something holds. */
export function hold(condition: boolean, sentence: string): void {
  if (!condition) throw new Error(`does not hold: ${sentence}`);
}
