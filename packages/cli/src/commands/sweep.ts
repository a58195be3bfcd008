import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { interruptible } from '../interruptible.ts';
import { ProgressLine } from '../progress.ts';
import type { SweepPoint } from '../sweep/grid.ts';
import { planSweep, type SweepPlan } from '../sweep/plan-sweep.ts';
import { runSweep } from '../sweep/run-sweep.ts';
import { openSweepFolder, type RunState, stateOf, type SweepFolder } from '../sweep/sweep-folder.ts';
import { readFigures, type SweepRun } from '../sweep/sweep-results.ts';
import { writeSweep } from '../sweep/write-sweep.ts';
import { UsageError } from '../usage-error.ts';
import type { TrainCommandOptions } from './train.ts';

/** Options of `reidkit sweep`: those of training beside the grid. */
export interface SweepCommandOptions extends Omit<TrainCommandOptions, 'out' | 'seed' | 'resume'> {
  readonly grid?: readonly string[];
  readonly out: string;
  /** Runs at the same time. */
  readonly processes?: number;
}

/** An option and its value, where it was given. */
const given = (name: string, value: string | number | undefined): string[] => (value === undefined ? [] : [name, String(value)]);

const each = (name: string, values: readonly string[] = []): string[] => values.flatMap((value) => [name, value]);

/** Options of engine and loader, which a run that goes on takes too; processors are shared by the runs at work. */
function machineArguments(options: SweepCommandOptions, processes: number): string[] {
  const share = Math.max(1, Math.floor(availableParallelism() / processes));
  const { threads = share, workers = Math.min(4, share), backend, eager, onError, checkpointEvery } = options;
  return [
    ...['--threads', String(threads), '--workers', String(workers)],
    ...given('--backend', backend),
    ...(eager ? ['--eager'] : []),
    ...given('--on-error', onError),
    ...given('--checkpoint-every', checkpointEvery),
  ];
}

/** The arguments of `reidkit train` that make a run of the grid. */
function trainArguments(recipe: string, options: SweepCommandOptions, { overrides, seed }: SweepPoint): string[] {
  const { preset, size, data, set = [], initialWeights, leave, stages, artefact } = options;
  return [
    recipe,
    ...given('--preset', preset),
    ...given('--size', size),
    ...given('--data', data),
    ...each('--set', [...set, ...overrides]),
    ...given('--seed', seed),
    ...given('--initial-weights', initialWeights),
    ...each('--leave', leave),
    ...given('--stages', stages),
    ...each('--artefact', artefact),
  ];
}

async function standing(folder: SweepFolder, plan: SweepPlan): Promise<SweepRun[]> {
  return Promise.all(
    plan.points.map(async (point): Promise<SweepRun> => {
      const path = join(folder.path, point.folder);
      if ((await stateOf(path)) !== 'finished') return { ...point, status: 'waiting' };
      return { ...point, status: 'finished', figures: await readFigures(path) };
    }),
  );
}

function tellPlan({ points }: SweepPlan, runs: readonly SweepRun[], processes: number, line: ProgressLine): void {
  const finished = runs.filter(({ status }) => status === 'finished').length;
  const before = finished > 0 ? `, ${finished} of them finished before` : '';
  line.done(`${points.length} runs${before}; ${processes} at a time`);
}

/** `reidkit sweep RECIPE`; exit code 1 when a run failed. */
export async function sweepCommand(recipe: string, options: SweepCommandOptions): Promise<void> {
  const { grid = [], seeds, out, processes = Math.max(1, Math.min(4, availableParallelism() >> 1)) } = options;
  if (processes < 1) throw new UsageError('--processes expects at least 1.');
  const { preset, size, data, set, initialWeights, leave, stages, artefact } = options;
  const choice = { name: recipe, ...(preset ? { preset } : {}), ...(size ? { size } : {}), ...(data ? { data } : {}), ...(set ? { set } : {}) }; // prettier-ignore
  const plan = await planSweep({
    choice,
    grid,
    stages,
    artefact,
    common: { initialWeights, leave },
    ...(seeds === undefined ? {} : { seeds }),
  });
  const line = new ProgressLine();
  const folder = await openSweepFolder(out, plan, (text) => line.update(text));
  const runs = await standing(folder, plan);
  tellPlan(plan, runs, processes, line);
  const machine = machineArguments(options, processes);
  const argumentsOf = (run: SweepRun, state: RunState): string[] => {
    const at = join(folder.path, run.folder);
    return ['train', ...(state === 'begun' ? ['--resume', at] : [...trainArguments(recipe, options, run), '--out', at]), ...machine];
  };
  const write = (): Promise<void> => writeSweep(folder, plan, runs);
  await write();
  await interruptible((signal) => runSweep({ folder, runs, processes, argumentsOf, onChange: write, line, signal }));
  await rm(folder.running, { force: true });
  const failed = runs.filter(({ status }) => status === 'failed');
  console.log(`${runs.length - failed.length} of ${runs.length} runs are finished.\n  table   ${folder.table}\n  charts  ${folder.page}`);
  for (const { folder: name, problem } of failed) console.log(`  failed  ${name}: ${problem}`);
  if (failed.length > 0) process.exitCode = 1;
}
