import { copySafetensors, ReidError, reportProblems, type CheckpointFile, type TensorSource } from '@reidkit/core-tensor';
import { problemsOf } from './check-names.ts';
import { readMapped } from './map-names.ts';
import { ARCHITECTURES, sizeProblems, type ArchitecturePreset } from './presets.ts';
import { pathInFile, recognizeCheckpoint, type CheckpointRecognition } from './recognize.ts';

/** How a checkpoint is imported. */
export interface ImportOptions {
  /** The architecture that it must be of, by its id. Default: what is recognised. */
  readonly as?: string;
  /** Take what fits and leave the rest, instead of refusing files that are not whole. Default: false. */
  readonly loose?: boolean;
  /** Called after every tensor with tensors done and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What was imported. */
export interface ImportedCheckpoint {
  readonly recognition: CheckpointRecognition;
  /** Names that were written. */
  readonly written: readonly string[];
  /** Sentences about what did not fit, with `loose`. */
  readonly problems: readonly string[];
}

/** An architecture by its id. Throws UNKNOWN_NAME. */
function architectureOf(id: string): ArchitecturePreset {
  const found = ARCHITECTURES.find((preset) => preset.id === id);
  if (found) return found;
  throw new ReidError(
    'UNKNOWN_NAME',
    `There is no architecture "${id}". There are ${ARCHITECTURES.map((preset) => preset.id).join(', ')}.`,
  );
}

function allProblems({ table, report }: CheckpointRecognition, as: string | undefined): string[] {
  const wanted = as === undefined ? undefined : architectureOf(as);
  const others = wanted ? sizeProblems(wanted, table?.layout.id ?? 'unknown', report.sizes) : [];
  return [...others, ...problemsOf(report)];
}

/** The tensors that an import writes, under our names, read when their turn comes. */
function importedTensors(file: CheckpointFile, recognition: CheckpointRecognition): ReadonlyMap<string, TensorSource> {
  const { report, table } = recognition;
  const misshapen = report.misshapen.map(({ name }) => name);
  const left = new Set([...report.ignored, ...(table ? report.unexpected : []), ...misshapen]);
  return new Map([...mappedTensors(file, recognition)].filter(([name]) => !left.has(name)));
}

/** All tensors of a file under our names, those that its architecture does not know too, read when their turn comes. */
export function mappedTensors(file: CheckpointFile, recognition: CheckpointRecognition): ReadonlyMap<string, TensorSource> {
  const { mapped } = recognition;
  const read = (name: string): Promise<Uint8Array> => file.readBytes(pathInFile(recognition, name));
  return new Map(
    [...mapped.tensors].map(([name, tensor]): [string, TensorSource] => [
      name,
      { type: tensor.type, shape: tensor.shape, readBytes: () => readMapped(tensor, read) },
    ]),
  );
}

/**
 * Writes the weights of a checkpoint under our names as safetensors, in their own number types, tensor by tensor; makes the folder. Throws CHECKPOINT_MISMATCH
 * with all that is missing, unexpected and misshapen, UNKNOWN_NAME for an unknown architecture, FILE_INVALID for damaged data, SAVE_FAILED.
 */
export async function importCheckpoint(
  file: CheckpointFile,
  out: string,
  { as, loose = false, onProgress }: ImportOptions = {},
): Promise<ImportedCheckpoint> {
  const recognition = recognizeCheckpoint(file);
  const problems = allProblems(recognition, as);
  if (problems.length > 0 && !loose) {
    throw reportProblems(
      'CHECKPOINT_MISMATCH',
      `${file.path} is taken for ${recognition.title}, and does not fit (${problems.length}):`,
      problems,
      {
        hint: '`--loose` takes what fits; `reidkit inspect` lists what is in the file.',
      },
    );
  }
  const tensors = importedTensors(file, recognition);
  if (tensors.size === 0)
    throw new ReidError('CHECKPOINT_MISMATCH', `${file.path} holds no weights.`, { hint: '`reidkit inspect` lists what is in it.' });
  const metadata = {
    format: 'pt',
    table: recognition.id,
    ...(recognition.architecture ? { architecture: recognition.architecture.id } : {}),
  };
  const [{ mkdir }, { dirname }] = await Promise.all([import('node:fs/promises'), import('node:path')]);
  await mkdir(dirname(out), { recursive: true });
  await copySafetensors(out, tensors, { metadata, ...(onProgress ? { onProgress } : {}) });
  return { recognition, written: [...tensors.keys()], problems };
}
