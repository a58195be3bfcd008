import { hostTensor, type MatrixProduct } from '@reidkit/core-tensor';
import { OnnxGraph } from './onnx/graph.ts';
import { modelBytes } from './onnx/model-bytes.ts';
import { createSession, type Session } from './session.ts';

/** `a · bᵀ` by ONNX Runtime. One session serves all sizes. */
export function matrixProduct({ threads = 1 }: { readonly threads?: number } = {}): MatrixProduct {
  let session: Session | undefined;
  const make = (): Session => {
    const graph = new OnnxGraph();
    const a = graph.input('a', [2, 3], 'float32');
    const b = graph.input('b', [4, 3], 'float32');
    graph.output(graph.matmul(a, b, { transB: true }), 'y');
    return createSession(modelBytes(graph, { anyShape: true }), ['y'], threads);
  };
  return {
    name: `onnx, ${threads} thread${threads === 1 ? '' : 's'}`,
    multiply(a, b) {
      if (a.data.length === 0 || b.data.length === 0) return hostTensor(new Float32Array(a.shape[0]! * b.shape[0]!)).data;
      session ??= make();
      return session.run({ a, b }).y!.data as Float32Array;
    },
  };
}
