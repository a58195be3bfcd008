import { type GraphEngine, listOutputs, ReidError, type StepGraph } from '@reidkit/core-tensor';
import { emitStableHlo } from './emit-stablehlo.ts';
import { hasForm } from './kernels/has-form.ts';
import { checkMemory } from './memory-check.ts';
import type { DeviceBuffer, ProgramMemory } from './pjrt/client.ts';
import { ProgramRunner } from './pjrt/runner.ts';
import type { ProductPrecision } from './stablehlo/program.ts';
import type { XlaDevice } from './xla-device.ts';

/** How steps run. */
export interface GraphEngineOptions {
  readonly precision: ProductPrecision;
  /** Told what each program takes of the device's memory. */
  readonly onProgram?: (memory: ProgramMemory | undefined) => void;
}

function refuse(cause: unknown): never {
  if (!ReidError.is(cause) || cause.reason !== 'plugin-error') throw cause;
  throw new ReidError('KERNEL_UNSUPPORTED', `XLA refuses the compiled step. ${cause.message}`, {
    cause,
    hint: 'run with `--backend onnx`, and report the message.',
  });
}

/** Runs recorded steps as one program each; tensors stay on the device, and parameters and state hand their memory to what follows them. */
export function graphEngine(open: () => XlaDevice, { precision, onProgram }: GraphEngineOptions): GraphEngine<DeviceBuffer> {
  const load = (graph: StepGraph): ReturnType<GraphEngine<DeviceBuffer>['load']> => {
    const { client, programs, memoryLimit } = open();
    const { text, constants } = emitStableHlo(graph, { precision });
    const executable = programs(text);
    const memory = client.memoryOf(executable);
    onProgram?.(memory);
    try {
      if (memory && memoryLimit !== undefined) checkMemory(graph, memory, memoryLimit, `${client.platform} ${client.deviceKind}`);
    } catch (error) {
      client.unload(executable);
      throw error;
    }
    const outputs = listOutputs(graph);
    const names = outputs.map(([group, name]) => `${group}.${name}`);
    const held = constants.map(({ value, data }) =>
      client.upload({ data, shape: value.shape, dtype: value.type as DeviceBuffer['dtype'] }),
    );
    const inputs = graph.inputs.map(({ group, name }) => `${group}.${name}`);
    const runner = new ProgramRunner(client, executable, inputs.length + held.length, outputs.map(([, , value]) => value)); // prettier-ignore
    return {
      run(feeds) {
        const results = runner.run([...inputs.map((name) => feeds[name]!), ...held]);
        return Object.fromEntries(names.map((name, i) => [name, results[i]!]));
      },
      dispose() {
        for (const buffer of held) client.release(buffer);
        runner.dispose();
      },
    };
  };
  return {
    supports: hasForm,
    load(graph) {
      try {
        return load(graph);
      } catch (error) {
        return refuse(error);
      }
    },
    upload: (value) => open().client.upload(value),
    download: (value) => open().client.download(value),
    release: (value) => open().client.release(value),
  };
}
