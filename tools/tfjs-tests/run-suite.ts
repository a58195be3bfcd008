import Jasmine, { type SpecResult } from 'jasmine';
import type { Engine } from './engines.ts';

// tfjs-core is a package of tfjs, which alone is named in our package.json; its tests have no place in their types.
const CORE = '@tensorflow/tfjs-core/dist';

interface TestEnvironments {
  setTestEnvs(environments: readonly { readonly name: string; readonly backendName: string; readonly isDataSync: boolean }[]): void;
}

/** What became of one test on one engine. */
export interface Outcome {
  readonly engine: string;
  /** Names of suite and test, the engine left out. */
  readonly test: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly messages: readonly string[];
}

const marker = (engine: Engine): string => `<${engine.name}>`;

/** Runs `f` without what tests print. */
async function quietly<T>(f: () => Promise<T>): Promise<T> {
  const { log, warn, error } = console;
  Object.assign(console, { log: () => undefined, warn: () => undefined, error: () => undefined });
  try {
    return await f();
  } finally {
    Object.assign(console, { log, warn, error });
  }
}

function outcomeOf(engines: readonly Engine[], { fullName, status, failedExpectations }: SpecResult): Outcome | undefined {
  const [engine, ...others] = engines.filter((each) => fullName.includes(marker(each)));
  if (!engine || others.length > 0) return undefined; // a suite that needs no engine
  return {
    engine: engine.name,
    test: fullName.replaceAll(` ${marker(engine)} {}`, '').trim(),
    status: status === 'passed' || status === 'failed' ? status : 'skipped',
    messages: failedExpectations.map(({ message }) => message),
  };
}

/** Runs the tests of tfjs-core that ask for an engine on each of the engines, but for those that `isSkipped` names. */
export async function runSuite(engines: readonly Engine[], isSkipped: (test: string) => boolean): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const outside: string[] = [];
  await quietly(async () => {
    const jasmine = new Jasmine();
    jasmine.exitOnCompletion = false;
    jasmine.randomizeTests(false);
    jasmine.clearReporters();
    const environments = (await import(`${CORE}/jasmine_util`)) as TestEnvironments;
    environments.setTestEnvs(engines.map((engine) => ({ name: marker(engine), backendName: engine.backendName, isDataSync: true })));
    jasmine.env.configure({
      forbidDuplicateNames: false,
      specFilter: (spec: { getFullName(): string }) => {
        const name = spec.getFullName();
        // A suite inside another comes up for each pair of engines.
        return engines.filter((engine) => name.includes(marker(engine))).length === 1 && !isSkipped(name);
      },
    });
    await import(`${CORE}/tests`);
    Error.stackTraceLimit = 10; // tfjs sets it to infinity
    jasmine.addReporter({
      specDone(result) {
        const outcome = outcomeOf(engines, result);
        if (outcome) outcomes.push(outcome);
      },
      suiteDone({ failedExpectations }) {
        outside.push(...failedExpectations.map(({ message }) => message));
      },
    });
    await jasmine.execute();
  });
  if (outside.length > 0) throw new Error(`Suites of tfjs-core failed outside their tests:\n${outside.join('\n')}`);
  return outcomes;
}
