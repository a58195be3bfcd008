import { formatShape, type GraphInput, ReidError, sizeOf, type StepGraph } from '@reidkit/core-tensor';
import type { ProgramMemory } from './pjrt/client.ts';

const bytesOf = ({ shape, dtype }: Pick<GraphInput, 'shape' | 'dtype'>): number => sizeOf(shape) * (dtype === 'bool' ? 1 : 4);

/** Bytes as people read them. */
function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toPrecision(3)} ${units[power]!}`;
}

/** How much of the limit a batch is proposed for: lengths are rounded up in memory. */
const FILLED = 0.98;

/** The number of items in a batch: the first length of the largest of its tensors. */
function batchSizeOf(batch: readonly GraphInput[]): number | undefined {
  const [largest] = [...batch].sort((a, b) => bytesOf(b) - bytesOf(a));
  return largest?.shape[0];
}

/**
 * Throws INVALID_ARGUMENT for a step that does not fit into a device's memory, with the batch size that would: parameters and state stay as
 * they are, everything else is taken to grow with the batch.
 */
export function checkMemory(
  graph: StepGraph,
  { total, temporary, arguments: given, outputs, aliased }: ProgramMemory,
  limit: number,
  device: string,
): void {
  if (total <= limit) return;
  const batch = graph.inputs.filter(({ group }) => group === 'batch');
  const size = batchSizeOf(batch);
  const growing = temporary + batch.reduce((sum, input) => sum + bytesOf(input), 0) + Math.max(0, outputs - aliased);
  const fitting = size === undefined ? 0 : Math.floor(((limit * FILLED - (total - growing)) / growing) * size);
  const shapes = batch.map(({ name, shape }) => `${name} ${formatShape(shape)}`).join(', ');
  throw new ReidError(
    'INVALID_ARGUMENT',
    `The compiled step needs ${formatBytes(total)} on ${device}, which has ${formatBytes(limit)}: ${formatBytes(given)} for its inputs (${shapes}), ${formatBytes(temporary)} while it runs.`,
    {
      reason: 'out-of-memory',
      hint:
        fitting >= 1
          ? `a batch of ${fitting} instead of ${size} would fit.`
          : 'no batch would fit: take a smaller model, or a device with more memory.',
    },
  );
}
