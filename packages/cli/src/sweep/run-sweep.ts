import { join } from 'node:path';
import { ReidError } from '@reidkit/core-tensor';
import { formatSeconds, type ProgressLine } from '../progress.ts';
import { keepProcesses, type RunState, stateOf, type SweepFolder } from './sweep-folder.ts';
import { readFigures, type SweepRun } from './sweep-results.ts';
import { type Child, type ChildResult, startChild } from './train-child.ts';

/** What {@link runSweep} works on. */
export interface SweepWork {
  readonly folder: SweepFolder;
  /** Every run as it stands; changed as they go. */
  readonly runs: SweepRun[];
  readonly processes: number;
  /** Arguments of the command line that start a run, or go on with it. */
  readonly argumentsOf: (run: SweepRun, state: RunState) => readonly string[];
  /** Called whenever a run has ended, one call at a time. */
  readonly onChange: () => Promise<void>;
  readonly line: ProgressLine;
  readonly signal: AbortSignal;
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

const count = (runs: readonly SweepRun[], ...statuses: readonly SweepRun['status'][]): number =>
  runs.filter(({ status }) => statuses.includes(status)).length;

/** Runs at work, and what is told of them. */
class Workshop {
  readonly children = new Map<string, Child>();
  readonly #work: SweepWork;
  readonly #start = performance.now();
  #ended = 0;

  constructor(work: SweepWork) {
    this.#work = work;
  }

  /** Replaces what is known of a run. */
  put(at: number, changes: Partial<SweepRun>): SweepRun {
    return (this.#work.runs[at] = { ...this.#work.runs[at]!, ...changes });
  }

  /** One line: how many are done, what runs and how far, how many are left. */
  tell(): void {
    if (this.children.size === 0) return;
    const { runs, line } = this.#work;
    const left = count(runs, 'waiting', 'running');
    const failed = count(runs, 'failed');
    const time = this.#ended > 0 ? `, about ${formatSeconds(((performance.now() - this.#start) / 1000 / this.#ended) * left)}` : '';
    const atWork = [...this.children].map(([name, child]) => `${name} (${child.lastLine() || 'starting'})`);
    line.update(
      `${count(runs, 'finished')} of ${runs.length} done${failed > 0 ? `, ${failed} failed` : ''}, ${left} left${time}; running ${atWork.join(' | ')}`,
    );
  }

  /** Takes down how a run ended, and tells it. */
  async ended(at: number, { code, signal, problem }: ChildResult): Promise<void> {
    const { folder, line, runs, signal: stopped } = this.#work;
    const name = runs[at]!.folder;
    if (stopped.aborted && code !== 0) {
      this.put(at, { status: 'waiting' });
      return;
    }
    this.#ended++;
    if (code === 0) {
      const figures = await readFigures(join(folder.path, name));
      this.put(at, { status: 'finished', figures });
      line.done(`${name}: mAP ${percent(figures.mAP)}, rank-1 ${percent(figures.rank1)}, mINP ${percent(figures.mINP)} (${count(runs, 'waiting', 'running')} left)`); // prettier-ignore
    } else {
      const why = problem || `it ended with ${signal ?? `exit code ${code}`}.`;
      this.put(at, { status: 'failed', problem: why });
      line.done(`${name}: FAILED: ${why} (${join(folder.logs, `${name}.log`)})`);
    }
  }
}

/** Trains the runs that are not finished, several at a time; one that fails does not stop the others. Throws INTERRUPTED once all have saved. */
export async function runSweep(work: SweepWork): Promise<void> {
  const { folder, runs, processes, argumentsOf, onChange, line, signal } = work;
  const shop = new Workshop(work);
  const waiting = runs.flatMap(({ status }, at) => (status === 'waiting' ? [at] : []));
  let writing = Promise.resolve();
  /** One after the other: several runs may end at the same time. */
  const inTurn = (write: () => Promise<void>): Promise<void> => (writing = writing.then(write));
  const noteProcesses = (): Promise<void> => inTurn(() => keepProcesses(folder, [...shop.children.values()].map(({ pid }) => pid))); // prettier-ignore
  const worker = async (): Promise<void> => {
    for (let at = waiting.shift(); at !== undefined && !signal.aborted; at = waiting.shift()) {
      const { folder: name } = runs[at]!;
      const state = await stateOf(join(folder.path, name));
      const run = shop.put(at, { status: 'running' });
      const child = startChild(argumentsOf(run, state), join(folder.logs, `${name}.log`));
      shop.children.set(name, child);
      await noteProcesses();
      if (signal.aborted) child.stop();
      const result = await child.ended;
      shop.children.delete(name);
      await shop.ended(at, result);
      await inTurn(onChange);
    }
  };
  const stop = (): void => shop.children.forEach((child) => child.stop());
  signal.addEventListener('abort', stop);
  const ticking = setInterval(() => shop.tell(), 500);
  try {
    await noteProcesses();
    await Promise.all(Array.from({ length: Math.min(processes, waiting.length) }, worker));
  } finally {
    clearInterval(ticking);
    signal.removeEventListener('abort', stop);
    stop();
  }
  if (!signal.aborted) return;
  line.done(`Stopped; ${count(runs, 'finished')} of ${runs.length} runs are finished.`);
  throw new ReidError('INTERRUPTED', 'Stopped on request.', { hint: 'the same command goes on with what is left.' });
}
