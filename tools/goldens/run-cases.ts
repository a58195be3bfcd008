import type { FindAdapter } from './adapter-table.ts';
import type { Findings } from './case-report.ts';
import { casePattern, findCases, type FoundCase } from './find-cases.ts';
import { openCase } from './open-case.ts';

/** What became of a case. */
export interface CaseResult {
  /** Path in the folder, without the ending. */
  readonly title: string;
  readonly family: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Tensors and facts that were compared. */
  readonly compared: number;
  /** Largest difference as a share of the tolerance. */
  readonly share: number;
  /** Numbers that are NaN in the case and in the result. */
  readonly bothNaN: number;
  readonly milliseconds: number;
  /** What differed, or why it was skipped. */
  readonly lines: readonly string[];
}

/** What to run, and with what. */
export interface RunOptions {
  readonly directory: string;
  /** Patterns of case names or families, separated by commas. */
  readonly only?: string;
  readonly findAdapter: FindAdapter;
  /** Families that must not be skipped. */
  readonly served: readonly string[];
  readonly onResult?: (result: CaseResult) => void;
}

const NOTHING = { compared: 0, share: 0, bothNaN: 0, milliseconds: 0 };

/** What an error says, with the place in our sources when it is not one that was thrown on purpose. */
function explain(error: unknown): string[] {
  if (!(error instanceof Error)) return [`threw ${String(error)}`];
  const [first = '', ...rest] = error.message.split('\n');
  const place = error.name === 'ReidError' ? [] : (error.stack ?? '').split('\n').filter((line) => /^\s+at .*\.ts:/.test(line));
  return [`threw ${error.name}: ${first}`, ...rest.map((line) => line.trim()), ...place.slice(0, 3).map((line) => line.trim())];
}

async function examine(found: FoundCase, findAdapter: FindAdapter): Promise<Findings | 'no adapter'> {
  const adapter = await findAdapter(found.family);
  if (!adapter) return 'no adapter';
  const golden = await openCase(found);
  try {
    await adapter.run(golden);
  } catch (error) {
    const findings = golden.report.findings();
    return { ...findings, failures: [...findings.failures, ...explain(error)] };
  }
  const findings = golden.report.findings();
  return findings.compared === 0 ? { ...findings, failures: [...findings.failures, 'compared nothing'] } : findings;
}

async function runCase(found: FoundCase, { findAdapter, served }: RunOptions): Promise<CaseResult> {
  const { title, family } = found;
  const start = performance.now();
  let findings: Findings | 'no adapter';
  try {
    findings = await examine(found, findAdapter);
  } catch (error) {
    findings = { ...NOTHING, failures: explain(error) };
  }
  const milliseconds = performance.now() - start;
  if (findings === 'no adapter') {
    const missing = `no adapter for family "${family}"`;
    if (!served.includes(family)) return { title, family, ...NOTHING, outcome: 'skipped', lines: [missing] };
    return { title, family, ...NOTHING, outcome: 'failed', lines: [`${missing}, which goldens/served.json says is served`] };
  }
  const { failures, ...rest } = findings;
  return { title, family, ...rest, milliseconds, outcome: failures.length > 0 ? 'failed' : 'passed', lines: failures };
}

/** Runs the cases of a folder one after another. */
export async function runCases(options: RunOptions): Promise<CaseResult[]> {
  const { cases, unreadable } = await findCases(options.directory);
  const wanted = options.only === undefined ? () => true : casePattern(options.only);
  const results: CaseResult[] = [];
  const keep = (result: CaseResult): void => {
    results.push(result);
    options.onResult?.(result);
  };
  for (const { title, problem } of unreadable) {
    if (!wanted({ name: title.split('/').at(-1)!, title, family: '' })) continue;
    keep({ title, family: '', ...NOTHING, outcome: 'failed', lines: [problem] });
  }
  for (const found of cases.filter(wanted)) keep(await runCase(found, options));
  return results;
}
