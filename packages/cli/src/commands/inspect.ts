import { openCheckpoint } from '@reidkit/core-tensor';
import { recognizeCheckpoint } from '@reidkit/encoders';
import { formatBytes, otherValues, recognitionFacts, recognitionText, tensorLines, typeTotals } from '../checkpoint-summary.ts';

/** `reidkit inspect FILE`. */
export async function inspectCommand(path: string, { json = false }: { readonly json?: boolean }): Promise<void> {
  const file = await openCheckpoint(path);
  try {
    const { format, files, metadata, config, tensors } = file;
    const recognition = recognizeCheckpoint(file);
    const types = typeTotals(tensors.values());
    if (json) {
      const list = [...tensors].map(([name, tensor]) => ({ name, ...tensor }));
      const facts = {
        path,
        format,
        files,
        metadata,
        config,
        types,
        recognized: recognitionFacts(recognition),
        values: otherValues(file),
        tensors: list,
      };
      console.log(JSON.stringify(facts, null, 2));
      return;
    }
    const total = Object.values(types).reduce((sum, { bytes }) => sum + bytes, 0);
    const lines = [
      ...tensorLines(file),
      `${tensors.size} tensors, ${formatBytes(total)}, ${format}${files.length > 1 ? ` in ${files.length} files` : ''}`,
      ...Object.entries(types).map(
        ([type, { tensors: count, numbers, bytes }]) =>
          `  ${type}: ${count} tensors, ${numbers.toLocaleString('en')} numbers, ${formatBytes(bytes)}`,
      ),
      ...Object.entries(metadata).map(([name, text]) => `note ${name}: ${text}`),
      ...otherValues(file),
      `This is ${recognitionText(recognition)}.`,
    ];
    console.log(lines.join('\n'));
  } finally {
    await file.close();
  }
}
