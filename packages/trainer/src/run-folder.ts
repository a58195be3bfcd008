import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ReidError, writeFileAtomically } from '@reidkit/core-tensor';

/** Files of a run. */
export interface RunFolder {
  readonly path: string;
  /** The resolved recipe, data facts and versions. */
  readonly recipe: string;
  /** Everything that training needs to go on. */
  readonly checkpoint: string;
  /** Folder of what stages leave for later ones. */
  readonly artefacts: string;
  /** The trained model under PyTorch names. */
  readonly model: string;
  readonly log: string;
  /** The last evaluation: figures, curve and ranked lists. */
  readonly evaluation: string;
  /** The beginning of the ranking of every query. */
  readonly rankings: string;
  /** Its figures alone. */
  readonly metrics: string;
  readonly report: string;
}

/** Names of a run's files; touches nothing. */
export function runFolder(path: string): RunFolder {
  const file = (name: string): string => join(path, name);
  return {
    path,
    recipe: file('recipe.json'),
    checkpoint: file('training.safetensors'),
    artefacts: file('artefacts'),
    model: file('model.safetensors'),
    log: file('log.jsonl'),
    evaluation: file('evaluation.json'),
    rankings: file('rankings.safetensors'),
    metrics: file('metrics.json'),
    report: file('report.html'),
  };
}

/** Makes the folder of a new run; the names in `besides` may be there before. Throws FILE_EXISTS when there is something else in it. */
export async function createRunFolder(path: string, besides: readonly string[] = []): Promise<RunFolder> {
  const all = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new ReidError('FILE_EXISTS', `"${path}" is not a folder.`, { cause: error, hint: 'choose another folder with --out.' });
  });
  const held = all.filter((name) => !besides.includes(name));
  if (held.length > 0) {
    throw new ReidError('FILE_EXISTS', `The folder "${path}" holds ${held.length} file${held.length === 1 ? '' : 's'} already.`, {
      hint: 'choose another folder with --out, or go on with that run by --resume.',
    });
  }
  await mkdir(path, { recursive: true });
  return runFolder(path);
}

/** Writes an object as JSON, indented, whole or not at all. */
export function writeJson(path: string, value: unknown): Promise<void> {
  return writeFileAtomically(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Reads JSON of at most 64 MiB. Throws FILE_NOT_FOUND or FILE_INVALID. */
export async function readJson(path: string): Promise<unknown> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ReidError('FILE_NOT_FOUND', `There is no "${path}".`, {
      cause,
      hint: 'check the path; a run is a folder made by `reidkit train`.',
    });
  });
  if (bytes.byteLength > 2 ** 26) throw new ReidError('FILE_INVALID', `"${path}" has ${bytes.byteLength} bytes, the limit is ${2 ** 26}.`);
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (cause) {
    throw new ReidError('FILE_INVALID', `"${path}" is no JSON (${(cause as Error).message}).`, { cause });
  }
}
