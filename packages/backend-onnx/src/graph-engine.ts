import type { Tensor as OnnxTensor } from 'onnxruntime-common';
import { type GraphEngine, listOutputs, ReidError } from '@reidkit/core-tensor';
import { emitGraph, outputName } from './emit-graph.ts';
import { hasForm } from './kernels/has-form.ts';
import { constantsFile } from './onnx/constants-file.ts';
import type { OnnxGraph } from './onnx/graph.ts';
import { modelBytes } from './onnx/model-bytes.ts';
import { CUT_PREFIX, splitUpdates } from './split-updates.ts';
import { UpdateRuns } from './update-runs.ts';
import { createSession, fromOnnx, type Session, toOnnx } from './session.ts';

function sessionOf(graph: OnnxGraph, outputs: readonly string[], threads: number): Session {
  const file = constantsFile(graph);
  if (!file) return createSession(modelBytes(graph), outputs, threads);
  try {
    return createSession(modelBytes(graph, { places: file.places }), outputs, threads, file.folder);
  } finally {
    file.remove();
  }
}

/** How values that updates read are listed among the outputs. */
const CUT = `outputs.${CUT_PREFIX}`;

/** Runs recorded steps as one ONNX graph each, and their updates block by block; tensors stay in arrays that JavaScript and the library share. */
export function graphEngine(threads: number): GraphEngine<OnnxTensor> {
  return {
    supports: hasForm,
    load(graph) {
      const { main, updates } = splitUpdates(graph);
      const names = listOutputs(main).map(([group, name]) => [`${group}.${name}`, outputName(group, name)] as const);
      const isCut = (key: string): boolean => key.startsWith(CUT);
      try {
        const session = sessionOf(
          emitGraph(main),
          names.map(([, given]) => given),
          threads,
        );
        const runs = new UpdateRuns(updates);
        return {
          run(feeds) {
            const results = session.runTensors(feeds);
            const cuts = Object.fromEntries(
              names.filter(([key]) => isCut(key)).map(([key, given]) => [key.slice('outputs.'.length), results[given]!]),
            );
            const rest = names.filter(([key]) => !isCut(key)).map(([key, given]) => [key, results[given]!]);
            return { ...Object.fromEntries(rest), ...runs.run(feeds, cuts) };
          },
          dispose() {
            session.dispose();
            runs.dispose();
          },
        };
      } catch (cause) {
        if (ReidError.is(cause)) throw cause;
        throw new ReidError('KERNEL_UNSUPPORTED', `ONNX Runtime refuses the compiled step: ${(cause as Error).message}`, {
          cause,
          hint: 'run the step eagerly (`--eager`), and report the message.',
        });
      }
    },
    upload: toOnnx,
    download: fromOnnx,
    release: () => undefined, // arrays are freed when nobody holds them
  };
}
