import { existsSync, readFileSync } from 'node:fs';
import { compileAhead } from '../../../packages/backend-xla/src/compile-ahead.ts';
import { emitStableHlo } from '../../../packages/backend-xla/src/emit-stablehlo.ts';
import { cacheFolder } from '../../../packages/backend-xla/src/cache-folder.ts';
import { graphOfTraining } from '../../engines/graph-of-training.ts';
import { ENCODERS, OPTIMIZERS, train } from '../../engines/training.fixture.ts';
import type { Proof } from '../proof.ts';

const target = new URL('../../engines/h100.txtpb', import.meta.url);

function pluginFile(): string {
  const installed = cacheFolder('backends', 'xla-cuda13', 'jax_plugins', 'xla_cuda13', 'xla_cuda_plugin.so');
  const found = [process.env.REIDKIT_PJRT_PLUGIN, installed].find((path) => path && existsSync(path));
  if (found) return found;
  throw new Error('there is no CUDA plugin: `reidkit backend install xla-cuda13`, or REIDKIT_PJRT_PLUGIN');
}

async function compileStep(encoder: keyof typeof ENCODERS, optimizer: keyof typeof OPTIMIZERS): Promise<Record<string, unknown>> {
  const graph = await graphOfTraining((backend) => train(backend, encoder, optimizer, 1));
  const { text } = emitStableHlo(graph);
  process.env.XLA_FLAGS ??= '--xla_gpu_autotune_level=0'; // there is no card to try kernels on
  const start = performance.now();
  const program = compileAhead(text, { plugin: pluginFile(), target: readFileSync(target, 'utf8') });
  const compileSeconds = Math.round((performance.now() - start) / 100) / 10;
  return { nodes: graph.nodes.length, textBytes: text.length, programBytes: program.length, compileSeconds };
}

const steps = (Object.keys(ENCODERS) as (keyof typeof ENCODERS)[]).flatMap((encoder) => (Object.keys(OPTIMIZERS) as (keyof typeof OPTIMIZERS)[]).map((optimizer) => [encoder, optimizer] as const)); // prettier-ignore

/** The CUDA compiler takes the graphs of training steps, on a machine without a card. */
export const proof: Proof = {
  summary: 'training steps compile for an NVIDIA H100 without one',
  minutes: 3,
  cases: steps.map(([encoder, optimizer]) => ({ id: `${encoder}-${optimizer}`, run: () => compileStep(encoder, optimizer) })),
};
