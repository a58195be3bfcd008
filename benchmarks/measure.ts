import { readFileSync } from 'node:fs';

/** One benchmark case. */
export interface Case {
  /** One round. */
  run(): Promise<unknown> | unknown;
  /** Fields made of the last round's result, outside the timed part. */
  report?(last: unknown): Readonly<Record<string, unknown>>;
  /** Fields known beforehand, such as the number of parameters. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly unit?: string;
  /** Every time is divided by this. */
  readonly per?: number;
  /** What runs, as text. */
  explain?(): string | undefined;
  close?(): Promise<void> | void;
}

/** Options that every case gets. */
export interface CaseOptions {
  readonly threads: number;
  readonly tiny: boolean;
  /** Operation by operation instead of compiled. */
  readonly eager: boolean;
  readonly images?: string;
  readonly features?: string;
}

/** Makes a case. */
export type MakeCase = (name: string, options: CaseOptions) => Promise<Case> | Case;

/** Largest resident size of this process in MB, as the operating system counted it. */
export function peakMegabytes(): number {
  try {
    const line = readFileSync('/proc/self/status', 'utf8').split('\n').find((text) => text.startsWith('VmHWM')); // prettier-ignore
    return Math.round(Number(line?.split(/\s+/)[1]) / 1024);
  } catch {
    return Math.round(process.resourceUsage().maxRSS / 1024);
  }
}

/** Middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Times the rounds of a case. */
export async function measure(subject: Case, rounds: number, warmup: number): Promise<Record<string, unknown>> {
  for (let i = 0; i < warmup; i++) await subject.run();
  const times: number[] = [];
  let last: unknown;
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    last = await subject.run();
    times.push((performance.now() - start) / 1000 / (subject.per ?? 1));
  }
  const peak = peakMegabytes(); // before the report, which may need more
  const reported = subject.report ? subject.report(last) : { value: last };
  return { median_s: median(times), rounds_s: times, unit: subject.unit ?? 's', peak_mb: peak, ...reported, ...subject.fields };
}
