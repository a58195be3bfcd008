// Time of single operations: eager, compiled, and PyTorch, in turns.
//   npm run bench:ops -- [NAME…] [--threads 1] [--rounds 15] [--python peer/bin/python] [--write]
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { onnxBackend } from '@reidkit/backend-onnx';
import {
  adamUpdate, attention, batchNormTraining, conv2d, eagerProgram, gelu, hostTensor, layerNorm, linear, type MakeProgram, mul, type Program, Random, sizeOf, softmax, type Step,
  sum, type Tensor, type Tensors, transpose, useBackend, valueAndGradients, add, type HostTensors,
} from '@reidkit/core-tensor'; // prettier-ignore
import { median } from './measure.ts';

const here = dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '15' },
    python: { type: 'string', default: 'python3' },
    write: { type: 'boolean', default: false },
  },
});

interface Operation {
  /** Shapes of the inputs; peer/ops.py draws tensors of the same. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly run: (inputs: Tensors) => Tensor | readonly Tensor[];
  /** Time the gradients of all inputs instead, the forward pass included. */
  readonly gradient?: boolean;
}

const TOKENS = [16, 129, 192];
const HEADS = [16, 3, 129, 64];
const MAP = [8, 64, 64, 32];
const moments = (shape: readonly number[]) => ({ parameter: shape, gradient: shape, first: shape, second: shape });

const operations: Readonly<Record<string, Operation>> = {
  'matrix product 2064 x 192 x 768': { inputs: { x: [2064, 192], w: [768, 192] }, run: ({ x, w }) => linear(x!, w!) },
  'matrix product 1024 cubed': { inputs: { x: [1024, 1024], w: [1024, 1024] }, run: ({ x, w }) => linear(x!, w!) },
  'sum of two': { inputs: { x: TOKENS, y: TOKENS }, run: ({ x, y }) => add(x!, y!) },
  softmax: { inputs: { x: [16, 3, 129, 129] }, run: ({ x }) => softmax(x!) },
  transpose: { inputs: { x: HEADS }, run: ({ x }) => transpose(x!, [0, 2, 1, 3]) },
  'layer norm': { inputs: { x: TOKENS, gamma: [192], beta: [192] }, run: ({ x, gamma, beta }) => layerNorm(x!, gamma!, beta!, 1e-5) },
  gelu: { inputs: { x: [16, 129, 768] }, run: ({ x }) => gelu(x!) },
  attention: { inputs: { q: HEADS, k: HEADS, v: HEADS }, run: ({ q, k, v }) => attention(q!, k!, v!) },
  convolution: { inputs: { x: MAP, w: [64, 64, 3, 3] }, run: ({ x, w }) => conv2d(x!, w!, { padding: 1 }) },
  'batch norm': { inputs: { x: MAP, gamma: [64], beta: [64] }, run: ({ x, gamma, beta }) => batchNormTraining(x!, gamma!, beta!, 1e-5).y },
};

const gradients = ['matrix product 2064 x 192 x 768', 'layer norm', 'gelu', 'attention', 'convolution', 'batch norm'];
const adam: Operation = {
  inputs: moments([192, 768]),
  run: (inputs) => {
    const one = sum(mul(inputs.gradient!, 0));
    return adamUpdate({ ...inputs, stride: add(one, 1e-3), scale: add(one, 1) } as never, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
  },
};
const all: Readonly<Record<string, Operation>> = {
  ...operations,
  ...Object.fromEntries(gradients.map((name) => [`${name}, with gradients`, { ...operations[name]!, gradient: true }])),
  adam,
};

function stepOf({ run, gradient }: Operation): Step {
  const outputs = (made: Tensor | readonly Tensor[]): Tensors =>
    Object.fromEntries(('length' in made ? made : [made as Tensor]).map((value, i) => [`y${i}`, value]));
  if (!gradient) return ({ batch }) => ({ outputs: outputs(run(batch)) });
  return ({ batch }) => ({ outputs: valueAndGradients((inputs) => ({ value: sum(run(inputs) as Tensor), rest: {} }), batch).gradients });
}

/** The peer, asked for one round at a time. */
function startPeer(): { round(name: string): Promise<number>; close(): void } {
  const child = spawn(values.python, [join(here, 'peer/ops.py'), '--threads', values.threads], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async round(name) {
      child.stdin.write(`${JSON.stringify({ name, inputs: all[name]!.inputs, gradient: all[name]!.gradient ?? false })}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('the peer ended');
      return Number(value);
    },
    close: () => child.stdin.end(),
  };
}

const backend = await useBackend(onnxBackend({ threads: Number(values.threads) }));
const peer = startPeer();
const ms = (seconds: number): string => `${(1000 * seconds).toPrecision(3)}`;
const rows: string[] = [];
for (const [name, operation] of Object.entries(all)) {
  if (positionals.length > 0 && !positionals.some((part) => name.includes(part))) continue;
  const batch: HostTensors = Object.fromEntries(
    Object.entries(operation.inputs).map(([key, shape]) => [
      key,
      hostTensor(Random.seed(1).fork(key).normal(sizeOf(shape)).map(Math.abs), shape),
    ]),
  );
  const timed = async (program: Program): Promise<number> => {
    const start = performance.now();
    await program.run({ batch });
    return (performance.now() - start) / 1000;
  };
  const make = (way: MakeProgram): Program => way(stepOf(operation), { parameters: {} });
  const ways = { eager: make(eagerProgram), compiled: make(backend.makeProgram) };
  const times: Record<string, number[]> = { eager: [], compiled: [], peer: [] };
  for (let round = -3; round < Number(values.rounds); round++) {
    const one = { eager: await timed(ways.eager), compiled: await timed(ways.compiled), peer: await peer.round(name) };
    if (round >= 0) for (const [way, seconds] of Object.entries(one)) times[way]!.push(seconds);
  }
  for (const program of Object.values(ways)) program.dispose();
  const [eager, compiled, torch] = [median(times.eager!), median(times.compiled!), median(times.peer!)];
  const row = `| ${name} | ${ms(eager)} | ${ms(compiled)} | ${ms(torch)} | ${(eager / torch).toFixed(2)} | **${(compiled / torch).toFixed(2)}** |`;
  console.log(row);
  rows.push(row);
}
peer.close();
if (values.write) {
  const head = '| operation | eager, ms | compiled, ms | PyTorch, ms | eager / PyTorch | compiled / PyTorch |\n|---|---|---|---|---|---|';
  const caption = `${cpus()[0]?.model.trim()}, ${cpus().length} processors, ${values.threads} thread(s), Node ${process.version}; medians of ${values.rounds} rounds in turns. A round of ours gives its results as arrays to JavaScript.`;
  const file = join(here, 'results.md');
  const command = `npm run bench:ops -- --threads ${values.threads} --rounds ${values.rounds} --write`;
  const section = `## Single operations, ${new Date().toISOString().slice(0, 10)}\n\n${head}\n${rows.join('\n')}\n\n${caption}\n\n\`${command}\`\n`;
  writeFileSync(file, `${readFileSync(file, 'utf8').trimEnd()}\n\n${section}`);
}
