import { onnxBackend } from '@reidkit/backend-onnx';
import {
  dequantizeRows, hostTensor, type HostTensor, type HostTensors, linear, quantizedLinear, type QuantizedMatrix, quantizeRows, Random, type Step, type StepReport,
  type Tensor, useBackend,
} from '@reidkit/core-tensor'; // prettier-ignore
import type { Case, MakeCase } from '../measure.ts';

/** Rows of the product and bits of the weight, by what follows `int8-product-`. */
const VARIANTS: Readonly<Record<string, { readonly rows: number; readonly bits: 4 | 8 | 32 }>> = {
  decode: { rows: 1, bits: 8 },
  'decode-4': { rows: 1, bits: 4 },
  'decode-float32': { rows: 1, bits: 32 },
  prefill: { rows: 128, bits: 8 },
  'prefill-4': { rows: 128, bits: 4 },
  'prefill-float32': { rows: 128, bits: 32 },
};

type Layer = (x: Tensor, parameters: Readonly<Record<string, Tensor>>) => Tensor;

/** Length of the difference over the length of what was expected, of the first layer alone. */
async function relativeError(run: (layers: number) => Promise<HostTensor>, x: HostTensor, weight: QuantizedMatrix): Promise<number> {
  const got = (await run(1)).data;
  const { data } = dequantizeRows(weight);
  const [N, K] = weight.shape;
  let [difference, length] = [0, 0];
  for (let i = 0; i < got.length; i++) {
    const [row, column] = [Math.floor(i / N), i % N];
    let sum = 0;
    for (let k = 0; k < K; k++) sum += x.data[row * K + k]! * data[column * K + k]!;
    difference += (got[i]! - sum) ** 2;
    length += sum ** 2;
  }
  return Math.sqrt(difference / length);
}

/**
 * A stack of products `[rows, 2048] · [2048, 2048]` one after another, as many as do not fit a processor's cache; seconds of one product.
 * `relative_error` is that of the first against the product with the numbers that its weight stands for, summed in float64.
 */
export const makeCase: MakeCase = async (name, { threads, tiny, eager }): Promise<Case> => {
  const { rows, bits } = VARIANTS[name.replace('int8-product-', '')]!;
  const width = tiny ? 128 : 2048;
  const layers = tiny ? 2 : 24;
  const backend = await useBackend(onnxBackend({ threads, eager }));
  const shape = [width, width];
  const weightOf = (i: number) => hostTensor(Random.seed(1).fork(i).normal(width * width).map((value) => value / Math.sqrt(width)), shape); // prettier-ignore
  const parameters: Record<string, HostTensor> = {};
  const weights: QuantizedMatrix[] = [];
  const stack = Array.from({ length: layers }, (_, i): Layer => {
    if (bits === 32) {
      parameters[i] = weightOf(i);
      return (x, given) => linear(x, given[i]!);
    }
    const weight = quantizeRows(weightOf(i), { bits });
    weights.push(weight);
    return (x) => quantizedLinear(x, weight);
  });
  const stepOf =
    (count: number): Step =>
    ({ batch, parameters: given }) => ({ outputs: { y: stack.slice(0, count).reduce((x, layer) => layer(x, given), batch.x!) } });
  const x = hostTensor(Random.seed(2).normal(rows * width), [rows, width]);
  const program = backend.makeProgram(stepOf(layers), { parameters: parameters as HostTensors });
  const first = async (count: number): Promise<HostTensor> => {
    const { outputs } = await backend.makeProgram(stepOf(count), { parameters: parameters as HostTensors }).run({ batch: { x } });
    return outputs.y!;
  };
  const error = weights[0] ? await relativeError(first, x, weights[0]) : 0;
  return {
    run: () => program.run({ batch: { x } }),
    explain: () => program.explain?.(),
    report: (last) => ({ value: (last as StepReport).outputs.y!.data[0] }),
    fields: { rows, width, bits, relative_error: error },
    per: layers,
  };
};
