// The long checks: overfitting, long resumes, many seeds, full sizes. Their results are kept in benchmarks/prove/NAME.jsonl with the commit
// that they ran on. A case that was done on this commit is not done again, so that an interrupted run goes on where it was.
//   npm run prove -- [NAME…] [--list] [--again] [--case ID]
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Proof } from './proof.ts';

const here = dirname(fileURLToPath(import.meta.url));
const results = join(here, '../../benchmarks/prove');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { list: { type: 'boolean', default: false }, again: { type: 'boolean', default: false }, case: { type: 'string' } },
});

const names = readdirSync(join(here, 'proofs')).filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -3)); // prettier-ignore
const unknown = positionals.find((name) => !names.includes(name));
if (unknown !== undefined) {
  console.error(`there is no proof "${unknown}"; there are ${names.join(', ')}`);
  process.exit(2);
}
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();

interface Kept {
  readonly id: string;
  readonly commit: string;
  readonly passed: boolean;
}

function kept(name: string): Kept[] {
  const file = join(results, `${name}.jsonl`);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Kept); // prettier-ignore
}

async function prove(name: string): Promise<number> {
  const { proof } = (await import(`./proofs/${name}.ts`)) as { proof: Proof };
  console.log(`${name}: ${proof.summary} (about ${proof.minutes} min)`);
  if (values.list) return 0;
  let failed = 0;
  for (const { id, run } of proof.cases) {
    if (values.case !== undefined && values.case !== id) continue;
    if (!values.again && kept(name).some((line) => line.id === id && line.commit === commit && line.passed)) {
      console.log(`  ${id}: done before on ${commit}`);
      continue;
    }
    const start = performance.now();
    let figures: Readonly<Record<string, unknown>> = {};
    let problem: string | undefined;
    try {
      figures = await run();
    } catch (error) {
      problem = (error as Error).message;
      failed++;
    }
    const seconds = Math.round((performance.now() - start) / 100) / 10;
    const line = { id, commit, date: new Date().toISOString().slice(0, 10), passed: problem === undefined, seconds, ...figures, ...(problem ? { problem } : {}), machine: `${cpus()[0]?.model.trim()}, ${cpus().length} processors, Node ${process.version}` }; // prettier-ignore
    mkdirSync(results, { recursive: true });
    appendFileSync(join(results, `${name}.jsonl`), `${JSON.stringify(line)}\n`);
    console.log(`  ${id}: ${problem ?? 'holds'} (${seconds} s) ${JSON.stringify(figures)}`);
  }
  return failed;
}

let failed = 0;
for (const name of positionals.length > 0 ? positionals : names) failed += await prove(name);
process.exitCode = failed > 0 ? 1 : 0;
