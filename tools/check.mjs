// What CI runs: lint, types, dead code, unit tests, goldens, packages, examples, docs. One summary at the end.
//   npm test [-- STEP…]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const scratch = mkdtempSync(join(tmpdir(), 'reidkit-check-'));
const unitReport = join(scratch, 'unit.json');

const npm = (script, ...args) => ['npm', ['run', '--silent', script, ...(args.length > 0 ? ['--', ...args] : [])]];

/** Tests counted in a step: [passed, failed], from what it printed or wrote. */
const goldenCounts = (output) => {
  const found = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].at(-1);
  return found ? [Number(found[1]), Number(found[2])] : [0, 1];
};
const unitCounts = () => {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(unitReport, 'utf8'));
    return [numPassedTests, numFailedTests];
  } catch {
    return [0, 1];
  }
};

const STEPS = {
  lint: { command: npm('lint') },
  types: { command: npm('typecheck') },
  unit: { command: npm('unit', '--reporter=default', '--reporter=json', `--outputFile.json=${unitReport}`), counts: unitCounts },
  goldens: { command: npm('goldens'), counts: goldenCounts },
  tfjs: { command: npm('tfjs-tests'), counts: goldenCounts },
  build: { command: npm('build') },
  packages: { command: npm('test:build') },
  stranger: { command: npm('stranger') },
  knip: { command: npm('knip') },
  examples: { command: npm('examples') },
  docs: { command: npm('docs') },
};

const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !(name in STEPS));
if (unknown !== undefined) {
  console.error(`there is no step "${unknown}"; there are ${Object.keys(STEPS).join(', ')}`);
  process.exit(2);
}

let passed = 0;
let failed = 0;
const lines = [];
for (const [name, { command, counts }] of Object.entries(STEPS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const start = performance.now();
  console.log(`\n== ${name}`);
  const [program, args] = command;
  const { status, stdout } = spawnSync(program, args, {
    stdio: ['ignore', counts === goldenCounts ? 'pipe' : 'inherit', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', FORCE_COLOR: '0' },
  });
  if (stdout) console.log(stdout.trimEnd());
  const [good, bad] = counts ? counts(stdout ?? '') : [status === 0 ? 1 : 0, status === 0 ? 0 : 1];
  passed += good;
  failed += status !== 0 && bad === 0 ? 1 : bad;
  lines.push(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${Math.round((performance.now() - start) / 1000)} s)`);
}
rmSync(scratch, { recursive: true, force: true });
console.log(`\n${lines.join('\n')}\n\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
