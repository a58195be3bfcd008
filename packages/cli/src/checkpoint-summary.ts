import { formatShape, sizeOf, type CheckpointFile, type CheckpointTensor, type CheckpointValue } from '@reidkit/core-tensor';
import type { CheckpointRecognition } from '@reidkit/encoders';

/** Bytes as people say them. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** Tensors, numbers and bytes of each number type. */
export function typeTotals(tensors: Iterable<CheckpointTensor>): Record<string, { tensors: number; numbers: number; bytes: number }> {
  const totals: Record<string, { tensors: number; numbers: number; bytes: number }> = {};
  for (const { type, shape, bytes } of tensors) {
    const total = (totals[type] ??= { tensors: 0, numbers: 0, bytes: 0 });
    total.tensors++;
    total.numbers += sizeOf(shape);
    total.bytes += bytes;
  }
  return totals;
}

/** What a checkpoint is taken for, for people. */
export function recognitionText({ title, architecture, report }: CheckpointRecognition): string {
  const sizes = Object.entries(report.sizes).map(([name, size]) => `${name} ${size}`);
  return `${title}${architecture ? `: ${architecture.title}` : ''}${sizes.length > 0 ? ` (${sizes.join(', ')})` : ''}`;
}

/** The same for programs. */
export function recognitionFacts({ id, title, architecture, weights, prefix, report }: CheckpointRecognition): Record<string, unknown> {
  return {
    table: id,
    title,
    architecture: architecture?.id ?? null,
    sizes: report.sizes,
    weightsAt: weights.at,
    stripped: weights.stripped + prefix,
    missing: report.missing,
    unexpected: report.unexpected,
    misshapen: report.misshapen.map(({ sentence }) => sentence),
    ignored: report.ignored,
  };
}

const MAX_TEXT = 60;

/** A plain value of a checkpoint in a few words. */
function valueText(value: CheckpointValue): string {
  if ('value' in value) {
    const { value: plain } = value;
    const text =
      plain instanceof Uint8Array ? `${plain.byteLength} bytes` : typeof plain === 'string' ? JSON.stringify(plain) : String(plain);
    return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  }
  if ('opaque' in value) return `an object of ${value.opaque}, not looked into`;
  if ('tensor' in value) return 'a tensor';
  if ('dict' in value) return `a dict of ${value.dict.size}`;
  return `a list of ${('list' in value ? value.list : value.tuple).length}`;
}

/** Entries of a nested checkpoint that are no weights, a line each. */
export function otherValues({ values }: CheckpointFile): string[] {
  if (!('dict' in values)) return [];
  return [...values.dict].filter(([, value]) => !('tensor' in value)).map(([name, value]) => `${name}: ${valueText(value)}`);
}

/** A line for each tensor: name, type, shape, size. */
export function tensorLines({ tensors }: CheckpointFile): string[] {
  const width = Math.min(80, [...tensors.keys()].reduce((most, name) => Math.max(most, name.length), 0)); // prettier-ignore
  return [...tensors].map(
    ([name, { type, shape, bytes }]) => `  ${name.padEnd(width)}  ${type.padEnd(4)} ${formatShape(shape)}  ${formatBytes(bytes)}`,
  );
}
