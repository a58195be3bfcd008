import type { Tensor as OnnxTensor } from 'onnxruntime-common';
import { type GraphEngine, listOutputs, ReidError } from '@reidkit/core-tensor';
import { emitGraph, outputName } from './emit-graph.ts';
import { freeArrays } from './free-arrays.ts';
import { halveWeight, isWeight, refuseTraining, widenWeight } from './half-weights.ts';
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

/** Types in which weights of inference can lie in memory. */
export type WeightStorage = 'float32' | 'float16';

/** How steps run. */
export interface GraphEngineOptions {
  /** Default: `float32`. */
  readonly weights?: WeightStorage;
}

/** Runs recorded steps as one ONNX graph each, and their updates block by block; tensors stay in arrays that JavaScript and the library share. */
export function graphEngine(threads: number, { weights = 'float32' }: GraphEngineOptions = {}): GraphEngine<OnnxTensor> {
  const isHalf = (input: Parameters<typeof isWeight>[0]): boolean => weights === 'float16' && isWeight(input);
  const own = new WeakSet<OnnxTensor>();
  return {
    supports: hasForm,
    load(graph) {
      if (weights === 'float16') refuseTraining(graph);
      const { main, updates } = splitUpdates(graph);
      const names = listOutputs(main).map(([group, name]) => [`${group}.${name}`, outputName(group, name)] as const);
      const isCut = (key: string): boolean => key.startsWith(CUT);
      try {
        // A step may be updates and nothing else; the library refuses a graph without operations.
        const session = names.length > 0 ? sessionOf(emitGraph(main, isHalf), names.map(([, given]) => given), threads) : undefined; // prettier-ignore
        const runs = new UpdateRuns(updates, own);
        return {
          run(feeds) {
            const results = session?.runTensors(feeds) ?? {};
            const cuts = Object.fromEntries(
              names.filter(([key]) => isCut(key)).map(([key, given]) => [key.slice('outputs.'.length), results[given]!]),
            );
            const rest = names.filter(([key]) => !isCut(key)).map(([key, given]) => [key, results[given]!]);
            const updated = runs.run(feeds, cuts);
            freeArrays(Object.values(cuts).map(({ data }) => data as Float32Array));
            return { ...Object.fromEntries(rest), ...updated };
          },
          dispose() {
            session?.dispose();
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
    upload(value, group, isGivenAway = false) {
      if (isHalf({ ...value, group })) return halveWeight(value);
      const tensor = toOnnx(value);
      if (isGivenAway) own.add(tensor);
      return tensor;
    },
    download: (value) => (value.type === 'float16' ? widenWeight(value) : fromOnnx(value)),
    release: () => undefined, // arrays are freed when nobody holds them
  };
}
