import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ENDS_WITH_PARENT } from '../interruptible.ts';

/** How a child process of the command line went. */
export interface ChildResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it said at last about why it failed. */
  readonly problem: string;
}

/** A child process at work. */
export interface Child {
  readonly pid: number;
  /** The last line of its progress. */
  lastLine(): string;
  /** Asks it to save and leave. */
  stop(): void;
  readonly ended: Promise<ChildResult>;
}

const KEPT = 4000;

/** The error at the end of what a command printed, or its last lines. */
function problemIn(text: string): string {
  const at = text.lastIndexOf('reidkit: ');
  return (at < 0 ? text.split('\n').slice(-5).join('\n') : text.slice(at + 'reidkit: '.length)).trim();
}

/** The end of what was written to a file since `begin`. */
function tailOf(file: number, begin: number): string {
  const { size } = fstatSync(file);
  const from = Math.max(begin, size - KEPT);
  const bytes = Buffer.alloc(Math.max(0, size - from));
  return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, from)).trimEnd();
}

/**
 * Runs the command line with other arguments in a process of its own, in a group of its own, so that Ctrl-C reaches it once, by us. It saves
 * and leaves when this process ends, however that comes about; what it prints goes to the end of a file, which outlives us too.
 */
export function startChild(args: readonly string[], log: string): Child {
  const file = openSync(log, 'a+');
  const begin = fstatSync(file).size;
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
    detached: true,
    windowsHide: true,
    stdio: ['ignore', file, file, 'ipc'],
    env: { ...process.env, [ENDS_WITH_PARENT]: '1' },
  });
  let isOpen = true;
  const ended = new Promise<ChildResult>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null, problem: string): void => {
      if (isOpen) closeSync(file);
      isOpen = false;
      resolve({ code, signal, problem });
    };
    child.on('error', (error) => end(1, null, error.message));
    child.on('exit', (code, signal) => end(code, signal, problemIn(tailOf(file, begin))));
  });
  return {
    pid: child.pid ?? 0,
    lastLine: () => (isOpen ? (tailOf(file, begin).split('\n').at(-1) ?? '') : ''),
    stop: () => void child.kill('SIGINT'),
    ended,
  };
}
