// reidkit and the peer in turns on this machine: ratios of medians, as a table.
//   npm run bench:compare -- vit-train-step vit-infer --threads 1,2 --python peer/bin/python [--turns 3] [--write]
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from './measure.ts';

const here = dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1,2' },
    rounds: { type: 'string', default: '5' },
    turns: { type: 'string', default: '3' },
    python: { type: 'string', default: 'python3' },
    images: { type: 'string' },
    features: { type: 'string' },
    tiny: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
if (positionals.length === 0) {
  console.error(
    'usage: npm run bench:compare -- NAME… [--threads 1,2] [--turns 3] [--rounds 5] [--python PATH] [--images DIR] [--features DIR] [--write]',
  );
  process.exit(2);
}

interface Measured {
  readonly median_s: number;
  readonly rounds_s: readonly number[];
  readonly peak_mb: number;
  readonly value: number;
  readonly unit: string;
  readonly parameters?: number;
}

const FEATURE_CASES = new Set(['rank-market', 'weighted-distance', 'rerank']);

function ask(command: string, args: readonly string[], name: string): Measured {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stderr}`);
  const line = stdout.trim().split('\n').findLast((text) => text.startsWith('{')); // prettier-ignore
  if (!line) throw new Error(`${name}: no JSON line in the output of ${command}`);
  return JSON.parse(line) as Measured;
}

interface Row {
  readonly name: string;
  readonly threads: number;
  readonly ours: Measured[];
  readonly peer: Measured[];
}

function compare(name: string, threads: number): Row {
  const common = [name, '--threads', String(threads), '--rounds', values.rounds, ...(values.tiny ? ['--tiny'] : [])];
  if (FEATURE_CASES.has(name)) common.push('--features', values.features ?? join(here, '../runs/features'));
  if (name === 'loader' && values.images) common.push('--images', values.images);
  const peerArgs = [join(here, 'peer/peer.py'), ...common];
  const ourArgs = ['--conditions=@reidkit/source', '--import', 'tsx', join(here, 'run.ts'), ...common];
  if (FEATURE_CASES.has(name)) ask(values.python, peerArgs, name); // writes the features
  const row: Row = { name, threads, ours: [], peer: [] };
  for (let turn = 0; turn < Number(values.turns); turn++) {
    row.peer.push(ask(values.python, peerArgs, name));
    row.ours.push(ask(process.execPath, ourArgs, name));
    process.stderr.write(
      `${name}, ${threads} thread(s), turn ${turn + 1}: ${row.ours.at(-1)!.median_s.toPrecision(3)} against ${row.peer.at(-1)!.median_s.toPrecision(3)} s\n`,
    );
  }
  return row;
}

const pooled = (list: readonly Measured[]): number => median(list.flatMap((measured) => measured.rounds_s));

function describe({ name, threads, ours, peer }: Row): string {
  const ratios = ours.map((mine, turn) => mine.median_s / peer[turn]!.median_s);
  const time = (seconds: number): string => (seconds < 1 ? `${(1000 * seconds).toPrecision(3)} ms` : `${seconds.toPrecision(3)} s`);
  const memory = (list: readonly Measured[]): string => `${Math.max(...list.map((measured) => measured.peak_mb))} MB`;
  const ratio = pooled(ours) / pooled(peer);
  return `| ${name} | ${threads} | ${time(pooled(ours))} | ${time(pooled(peer))} | **${ratio.toFixed(2)}** (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}) | ${memory(ours)} | ${memory(peer)} | ${ours[0]!.value.toPrecision(6)} / ${peer[0]!.value.toPrecision(6)} |`;
}

/** Arguments without the folders of this machine. */
function withoutPlaces(args: readonly string[]): string[] {
  return args.map((arg, i) => (['--python', '--images', '--features'].includes(args[i - 1] ?? '') ? basename(arg) : arg));
}

const load = loadavg()[0]!.toFixed(1);
const rows = positionals.flatMap((name) => values.threads.split(',').map((threads) => compare(name, Number(threads))));
const table = [
  '| case | threads | reidkit | peer | ratio (least–most over turns) | peak memory | peer’s | value / peer’s |',
  '|---|---|---|---|---|---|---|---|',
  ...rows.map(describe),
].join('\n');
const versions = ask(
  values.python,
  ['-c', 'import json, torch; print(json.dumps(dict(median_s=0, torch=torch.__version__)))'],
  'versions',
) as unknown as { torch: string };
const caption = `${cpus()[0]?.model.trim()}, ${cpus().length} processors; Node ${process.version}, PyTorch ${versions.torch}; load before: ${load}; ${values.turns} turns of ${values.rounds} rounds.`;
console.log(`${table}\n\n${caption}`);
if (values.write) {
  const file = join(here, 'results.md');
  const command = `npm run bench:compare -- ${withoutPlaces(process.argv.slice(2)).join(' ')}`;
  writeFileSync(
    file,
    `${readFileSync(file, 'utf8').trimEnd()}\n\n## ${new Date().toISOString().slice(0, 10)}\n\n${table}\n\n${caption}\n\n\`${command}\`\n`,
  );
}
