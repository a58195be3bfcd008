import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { openCheckpoint, ReidError, writeFileAtomically, type CheckpointFile } from '@reidkit/core-tensor';
import { importCheckpoint, type ImportedCheckpoint } from '@reidkit/encoders';
import { formatBytes, recognitionFacts, recognitionText, typeTotals } from '../checkpoint-summary.ts';
import { hashStream } from '../hash-stream.ts';
import { ProgressLine } from '../progress.ts';

/** Options of `reidkit import`. */
export interface ImportCommandOptions {
  readonly as?: string;
  readonly out?: string;
  readonly loose?: boolean;
  readonly checksums: boolean;
}

const ENDINGS = /(\.safetensors|\.pytorch_model|\.pth|\.pt|\.bin|\.tar|\.index|\.json)+$/;

/** `weights/NAME` of the file or folder. */
const folderFor = (path: string): string => join('weights', basename(resolve(path)).replace(ENDINGS, '') || 'model');

async function refuseTaken(path: string): Promise<void> {
  const isTaken = await stat(path).then(() => true, () => false); // prettier-ignore
  if (isTaken)
    throw new ReidError('FILE_EXISTS', `"${path}" is there already.`, { hint: 'remove it, or choose another folder with --out.' });
}

/** Name, size and SHA-256 of every file that was read. */
async function sourceFacts({ files }: CheckpointFile, line: ProgressLine): Promise<{ name: string; bytes: number; sha256: string }[]> {
  const facts = [];
  for (const path of files) {
    let done = 0;
    const { size: bytes } = await stat(path);
    const sha256 = await hashStream(path, (count) => {
      done += count;
      line.update(`hashing ${basename(path)}: ${formatBytes(done)} of ${formatBytes(bytes)}`);
    });
    facts.push({ name: basename(path), bytes, sha256 });
  }
  return facts;
}

function resultLines({ recognition, written, problems }: ImportedCheckpoint, path: string): string[] {
  const { ignored } = recognition.report;
  return [
    `This is ${recognitionText(recognition)}.`,
    ...(recognition.weights.at ? [`  weights at "${recognition.weights.at}"`] : []),
    ...(ignored.length > 0
      ? [`  left out as of no use: ${ignored.slice(0, 6).join(', ')}${ignored.length > 6 ? ` and ${ignored.length - 6} more` : ''}`]
      : []),
    ...problems.map((problem) => `  did not fit: ${problem}`),
    `Wrote ${written.length} tensors to ${path}.`,
  ];
}

/** `reidkit import FILE`. */
export async function importCommand(
  path: string,
  { as, out = folderFor(path), loose = false, checksums }: ImportCommandOptions,
): Promise<void> {
  const model = join(out, 'model.safetensors');
  await refuseTaken(model);
  const line = new ProgressLine();
  const file = await openCheckpoint(path, { checksums });
  try {
    const onProgress = (done: number, total: number): void => line.update(`converting: ${done} of ${total} tensors`);
    const imported = await importCheckpoint(file, model, { loose, onProgress, ...(as === undefined ? {} : { as }) });
    const kept = [...imported.recognition.mapped.tensors].filter(([name]) => imported.written.includes(name));
    const types = typeTotals(kept.map(([, { type, shape }]) => ({ type, shape, bytes: 0 })));
    const facts = {
      ...recognitionFacts(imported.recognition),
      format: file.format,
      tensors: imported.written.length,
      types: Object.fromEntries(Object.entries(types).map(([type, { tensors, numbers }]) => [type, { tensors, numbers }])),
      leftOut: imported.problems,
      source: await sourceFacts(file, line),
    };
    await writeFileAtomically(join(out, 'import.json'), `${JSON.stringify(facts, null, 2)}\n`);
    line.done(`converted ${imported.written.length} tensors`);
    console.log(resultLines(imported, model).join('\n'));
  } finally {
    await file.close();
  }
}
