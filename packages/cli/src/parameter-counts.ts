import { type Model, namedParameters, recordStep, sizeOf, type Specs, type TensorSpec } from '@reidkit/core-tensor';
import { inferenceStep } from '@reidkit/trainer';

/** How many numbers a model has. */
export interface ParameterCounts {
  /** Parameters, without buffers. */
  readonly total: number;
  /** Those that training may change. */
  readonly trainable: number;
  /** Numbers of each part of the model: parameters, and buffers apart. */
  readonly parts: Readonly<Record<string, { readonly parameters: number; readonly buffers: number }>>;
  /** Parameters and buffers that the given outputs depend on: what a search needs. */
  readonly inference: number;
}

/** Paths of the parameters and buffers that outputs of a model in evaluation depend on. */
function readInEvaluation(model: Model, outputs: readonly string[]): Set<string> {
  const spec = (shape: readonly number[], dtype: TensorSpec['dtype'] = 'float32'): TensorSpec => ({ shape, dtype });
  const parameters: Specs = Object.fromEntries([...namedParameters(model)].map(([path, { shape }]) => [path, spec(shape)]));
  const facts = Object.fromEntries(model.reads.map((name) => [name, spec([1], 'int32')]));
  const batch: Specs = { images: spec([1, ...model.imageSize, 3]), ...facts };
  const { graph } = recordStep(inferenceStep(model, { outputs }), { parameters, state: {}, batch, hyper: [], draws: false });
  const read = graph.nodes.flatMap(({ inputs }) => Object.values(inputs).flatMap((value) => (value.kind === 'input' ? [value] : [])));
  return new Set(read.filter(({ group }) => group === 'parameters').map(({ name }) => name));
}

/** Counts the numbers of a model without giving it any: all, by part, and those that some outputs depend on. Throws what its forward pass throws. */
export function countNumbers(model: Model, outputs: readonly string[]): ParameterCounts {
  const read = readInEvaluation(model, outputs);
  const parts: Record<string, { parameters: number; buffers: number }> = {};
  const counts = { total: 0, trainable: 0, inference: 0 };
  for (const [path, { role, shape, trainable }] of namedParameters(model)) {
    const size = sizeOf(shape);
    const part = (parts[path.split('.')[0]!] ??= { parameters: 0, buffers: 0 });
    if (role === 'parameter') {
      counts.total += size;
      part.parameters += size;
    } else part.buffers += size;
    if (trainable) counts.trainable += size;
    if (read.has(path)) counts.inference += size;
  }
  return { ...counts, parts };
}

const number = (value: number): string => value.toLocaleString('en');

/** Counts as lines of text. */
export function countLines({ total, trainable, parts, inference }: ParameterCounts, classes: number): string[] {
  const wide = Math.max(...Object.keys(parts).map((name) => name.length));
  const lines = Object.entries(parts).map(([name, { parameters, buffers }]) => {
    const held = buffers > 0 ? `${number(buffers)} in buffers` : '';
    return `${name.padEnd(wide)}  ${[parameters > 0 ? number(parameters) : '', held].filter(Boolean).join(', ')}`;
  });
  return [
    ...lines,
    '',
    `${number(total)} parameters, ${number(trainable)} of them trainable, for ${classes} identities`,
    `${number(inference)} numbers that a search reads: parameters and buffers behind what is compared`,
  ];
}
