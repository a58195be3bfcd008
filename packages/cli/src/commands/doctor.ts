import { arch, cpus, freemem, platform, totalmem } from 'node:os';
import { currentBackend, matMul, ones, ReidError, tidy } from '@reidkit/core-tensor';
import { type EngineChoice, engineNames, startEngine } from '../engine.ts';
import { versions } from '../versions.ts';

/** Speed of a plain matrix product, in GFLOP/s. */
function selfTest(): number {
  const size = 768;
  const run = (): number => tidy(() => matMul(ones([size, size]), ones([size, size])).dataSync()[0]!);
  if (run() !== size)
    throw new ReidError('BACKEND_UNAVAILABLE', 'The engine gives a wrong product.', { hint: 'please report this machine.' });
  const start = performance.now();
  let rounds = 0;
  while (performance.now() - start < 500) {
    run();
    rounds++;
  }
  return (2 * size ** 3 * rounds) / (performance.now() - start) / 1e6;
}

/** `reidkit doctor`. */
export async function doctorCommand({ json, ...chosen }: EngineChoice & { readonly json?: boolean }): Promise<void> {
  const gigabytes = (bytes: number): number => Math.round(bytes / 2 ** 28) / 4;
  const engines: Record<string, unknown> = {};
  for (const name of chosen.backend ? [chosen.backend] : engineNames) {
    try {
      await startEngine({ ...chosen, backend: name });
      engines[name] = { ...currentBackend().info(), gflops: name === 'reference' ? undefined : Math.round(selfTest()) };
    } catch (error) {
      if (!ReidError.is(error)) throw error;
      engines[name] = { problem: error.message };
    }
  }
  const machine = { platform: `${platform()}/${arch()}`, processor: cpus()[0]?.model.trim(), processors: cpus().length, memoryGB: gigabytes(totalmem()), freeGB: gigabytes(freemem()) }; // prettier-ignore
  if (json) {
    console.log(JSON.stringify({ versions: versions(), machine, engines }));
    return;
  }
  console.log(
    `machine   ${machine.platform}, ${machine.processors} × ${machine.processor}, ${machine.memoryGB} GB memory (${machine.freeGB} GB free)`,
  );
  for (const [name, info] of Object.entries(engines)) console.log(`engine    ${name}: ${describeEngine(info as Record<string, unknown>)}`);
  for (const [name, version] of Object.entries(versions())) console.log(`version   ${name} ${version}`);
}

function describeEngine({ problem, version, device, threads, gflops }: Record<string, unknown>): string {
  if (problem) return `not usable: ${String(problem)}`;
  const counted = threads === undefined ? [] : [`${String(threads)} thread${threads === 1 ? '' : 's'}`];
  return [version, device, ...counted, gflops === undefined ? 'slow: for comparing only' : `${String(gflops)} GFLOP/s`].join(', ');
}
