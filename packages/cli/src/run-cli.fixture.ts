import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a run of the command line gave. */
export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@link runCli}. */
export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called at once with what ends the process. */
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
  /** Called with everything written to stderr so far; may end the process. */
  readonly watch?: (stderr: string, kill: (signal: NodeJS.Signals) => void) => void;
}

const entry = join(dirname(fileURLToPath(import.meta.url)), 'cli.ts');

/** Runs the command line from sources in a process of its own. */
export function runCli(args: readonly string[], { cwd, env, onStart, watch }: CliOptions = {}): Promise<CliResult> {
  const child = spawn(process.execPath, ['--conditions=@reidkit/source', '--import', import.meta.resolve('tsx'), entry, ...args], {
    cwd: cwd ?? dirname(entry),
    env: { ...process.env, ...env },
  });
  onStart?.((signal) => child.kill(signal));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (part: Buffer) => (stdout += part.toString()));
  child.stderr.on('data', (part: Buffer) => {
    stderr += part.toString();
    watch?.(stderr, (signal) => child.kill(signal));
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
