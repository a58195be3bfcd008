import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning, ReidError, removePartials } from '@reidkit/core-tensor';
import { readJson, runFolder, writeJson } from '@reidkit/trainer';
import { z } from 'zod';
import type { SweepPlan } from './plan-sweep.ts';

/** Files of a sweep. */
export interface SweepFolder {
  readonly path: string;
  /** Grid, runs and figures, for programs. */
  readonly results: string;
  readonly table: string;
  readonly page: string;
  /** Folder of what each run printed. */
  readonly logs: string;
  /** Processes at work; there only while the sweep runs. */
  readonly running: string;
}

/** How far a run is. */
export type RunState = 'new' | 'begun' | 'finished';

const FORMAT = 'reidkit-sweep-1';

const headSchema = z.object({ format: z.literal(FORMAT), hash: z.string() });
const runningSchema = z.object({ processes: z.array(z.number().int().positive()) });

/** Names of a sweep's files; touches nothing. */
export function sweepFolder(path: string): SweepFolder {
  const file = (name: string): string => join(path, name);
  return {
    path,
    results: file('sweep.json'),
    table: file('sweep.md'),
    page: file('sweep.html'),
    logs: file('logs'),
    running: file('running.json'),
  };
}

/** Facts at the head of `sweep.json` by which a sweep is known again. */
export const sweepHead = ({ hash }: SweepPlan): z.infer<typeof headSchema> => ({ format: FORMAT, hash });

const names = (path: string): Promise<string[]> => readdir(path).catch(() => []);

async function checkHead(folder: SweepFolder, plan: SweepPlan): Promise<void> {
  const held = await names(folder.path);
  if (held.length === 0) return;
  if (!held.includes('sweep.json')) {
    throw new ReidError('FILE_EXISTS', `The folder "${folder.path}" holds ${held.length} files and no sweep.`, {
      hint: 'choose another folder with --out.',
    });
  }
  const head = headSchema.safeParse(await readJson(folder.results));
  if (head.success && head.data.hash === plan.hash) return;
  throw new ReidError('FILE_EXISTS', `The folder "${folder.path}" holds a sweep of another recipe, other data or other --set values.`, {
    hint: 'choose another folder with --out; grid and seeds may change within one sweep, what all runs have in common may not.',
  });
}

/** Processes that a sweep in this folder started and that still work; a number may belong to another program by now. */
async function processesAtWork({ running }: SweepFolder): Promise<number[]> {
  const held = runningSchema.safeParse(await readJson(running).catch(() => undefined));
  return held.success ? held.data.processes.filter((pid) => pid !== process.pid && isRunning(pid)) : [];
}

/** Waits until what a killed sweep left at work has saved and ended. Throws FILE_EXISTS after a minute. */
async function waitForOthers(folder: SweepFolder, tell: (text: string) => void): Promise<void> {
  const end = performance.now() + 60_000;
  for (;;) {
    const others = await processesAtWork(folder);
    if (others.length === 0) return;
    if (performance.now() > end) {
      throw new ReidError('FILE_EXISTS', `A sweep works in "${folder.path}" already (process ${others.join(', ')}).`, {
        hint: `let it end, or stop it; if that is no sweep, delete "${folder.running}".`,
      });
    }
    tell(`waiting for process ${others.join(', ')} of this sweep to end`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Makes the folder of a sweep, or takes that of one which was stopped. Throws FILE_EXISTS for one that holds something else or is in use. */
export async function openSweepFolder(path: string, plan: SweepPlan, tell: (text: string) => void): Promise<SweepFolder> {
  const folder = sweepFolder(path);
  await checkHead(folder, plan);
  await waitForOthers(folder, tell);
  await mkdir(folder.logs, { recursive: true });
  await removePartials(folder.path);
  return folder;
}

/** Keeps the numbers of the processes at work, for whoever starts the sweep again. */
export const keepProcesses = ({ running }: SweepFolder, children: readonly number[]): Promise<void> =>
  writeJson(running, { processes: [process.pid, ...children] });

/** How far a run is: finished once its report is written, begun once it has a record; a folder without one holds no step and is removed. */
export async function stateOf(path: string): Promise<RunState> {
  const held = new Set(await names(path));
  const { report, metrics } = runFolder('');
  if (held.has(report) && held.has(metrics)) return 'finished';
  if (held.has('recipe.json')) return 'begun';
  const isLeftover = [...held].every((name) => name === 'artefacts' || name.includes('.partial-'));
  if (held.size > 0 && isLeftover) await rm(path, { recursive: true });
  return 'new';
}
