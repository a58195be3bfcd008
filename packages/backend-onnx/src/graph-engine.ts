import type { Tensor as OnnxTensor } from 'onnxruntime-common';
import { type GraphEngine, listOutputs, ReidError } from '@reidkit/core-tensor';
import { emitGraph, outputName } from './emit-graph.ts';
import { hasForm } from './kernels/has-form.ts';
import { modelBytes } from './onnx/model-bytes.ts';
import { createSession, fromOnnx, toOnnx } from './session.ts';

/** Runs recorded steps as one ONNX graph each; tensors stay in arrays that JavaScript and the library share. */
export function graphEngine(threads: number): GraphEngine<OnnxTensor> {
  return {
    supports: hasForm,
    load(graph) {
      const names = listOutputs(graph).map(([group, name]) => [`${group}.${name}`, outputName(group, name)] as const);
      try {
        const session = createSession(
          modelBytes(emitGraph(graph)),
          names.map(([, given]) => given),
          threads,
        );
        return {
          run(feeds) {
            const results = session.runTensors(feeds);
            return Object.fromEntries(names.map(([name, given]) => [name, results[given]!]));
          },
          dispose: () => session.dispose(),
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
