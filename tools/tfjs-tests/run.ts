// npm run tfjs-tests -- [--reference] [--only TEXT] [--slow]
import { parseArgs } from 'node:util';
import { failureReason, outdated, readKnownFailures, skipReason } from './known-failures.ts';
import { useOneTfjs } from './one-tfjs.ts';
import type { Engine } from './engines.ts';
import type { Outcome } from './run-suite.ts';

const HELP = `Runs tfjs-core's own tests of kernels, gradients and optimizers on the engine of @reidkit/backend-onnx: as people get it, and with every
call in ONNX Runtime, also the small ones that run in JavaScript otherwise.

  --reference    run them on tfjs's own JavaScript kernels too
  --only TEXT    only tests with this text in the names of suite and test
  --slow         list the kernels that ran in JavaScript

Failures are compared with known-failures.json. Exit code: 0 as listed there, 1 another test failed or a listed one passes, 2 nothing could be run.`;

const known = readKnownFailures();

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

const countBy = (texts: readonly string[]): Map<string, number> =>
  texts.reduce((counts, text) => counts.set(text, (counts.get(text) ?? 0) + 1), new Map<string, number>());

function printCounts(engine: Engine, outcomes: readonly Outcome[]): void {
  const count = (status: Outcome['status']): number => outcomes.filter((each) => each.status === status).length;
  console.log(`${engine.name}: ${plural(count('passed') + count('failed'), 'test')}, ${count('passed')} passed, ${count('failed')} failed`);
  const skippedTests = outcomes.filter(({ status }) => status === 'skipped');
  const reasons = countBy(skippedTests.map(({ test }) => skipReason(known, test) ?? 'tfjs-core leaves them out itself'));
  for (const [reason, skipped] of reasons) console.log(`  ${skipped} skipped: ${reason}`);
}

function printFailures(outcomes: readonly Outcome[]): Outcome[] {
  const failed = outcomes.filter(({ status }) => status === 'failed');
  const expected = countBy(failed.flatMap((outcome) => failureReason(known, outcome) ?? []));
  for (const [reason, tests] of expected) console.log(`${plural(tests, 'known failure')}: ${reason}`);
  const unexpected = failed.filter((outcome) => failureReason(known, outcome) === undefined);
  for (const { engine, test, messages } of unexpected) {
    console.log(`\nFAILED ${engine}: ${test}\n${messages.join('\n').slice(0, 2000).replaceAll(/^/gm, '  ')}`);
  }
  return unexpected;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { reference: { type: 'boolean' }, only: { type: 'string' }, slow: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  useOneTfjs();
  const { enginesUnderTest } = await import('./engines.ts');
  const { runSuite } = await import('./run-suite.ts');
  const engines = await enginesUnderTest({ withReference: values.reference ?? false });
  const only = values.only ?? '';
  const isSkipped = (test: string): boolean => skipReason(known, test) !== undefined || !test.includes(only);
  const outcomes = (await runSuite(engines, isSkipped)).filter(({ test }) => test.includes(only));
  for (const engine of engines) printCounts(engine, outcomes.filter((each) => each.engine === engine.name)); // prettier-ignore
  if (values.slow)
    for (const { name, slow } of engines) console.log(`${name}, in JavaScript: ${Object.keys(slow()).sort().join(', ') || 'none'}`);
  const unexpected = printFailures(outcomes);
  const stale = values.only === undefined ? outdated(known, outcomes) : [];
  for (const entry of stale) console.log(`\nLISTED as a known failure and passes: ${entry}`);
  const passed = outcomes.filter(({ status }) => status === 'passed').length;
  if (passed === 0) throw new Error('No test ran.');
  console.log(`\n${passed} passed, ${unexpected.length + stale.length} failed`);
  return unexpected.length + stale.length > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error((error as Error).stack);
  process.exitCode = 2;
}
