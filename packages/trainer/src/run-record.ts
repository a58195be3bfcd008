import { type Backend, type Fingerprint, ReidError } from '@reidkit/core-tensor';
import { z } from 'zod';
import type { BuiltRun } from './build-run.ts';
import { parseRecipe, type Recipe } from '@reidkit/core-tensor';
import type { Facts } from './reference.ts';
import type { RunData } from './run-data.ts';
import { readJson, type RunFolder, writeJson } from './run-folder.ts';

const FORMAT = 'reidkit-run-1';

const recordSchema = z.object({
  format: z.literal(FORMAT),
  recipe: z.unknown(),
  facts: z.record(z.string(), z.unknown()),
  labels: z.array(z.number()),
  fingerprints: z.object({ streams: z.record(z.string(), z.unknown()), evaluation: z.unknown() }),
  artefacts: z.array(z.string()).default([]),
  versions: z.record(z.string(), z.string()),
  backend: z.object({ name: z.string(), version: z.string(), device: z.string(), threads: z.number().optional() }),
});

/** Everything about a run that is known before its first step: enough to do it again. */
export interface RunRecord {
  readonly format: typeof FORMAT;
  /** The resolved recipe. */
  readonly recipe: Recipe;
  readonly facts: Facts;
  /** The identity behind each label of the first stream. */
  readonly labels: readonly number[];
  readonly fingerprints: { readonly streams: Readonly<Record<string, Fingerprint>>; readonly evaluation: Fingerprint };
  /** Names of the artefacts that it was given from other runs. */
  readonly artefacts: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  readonly backend: { readonly name: string; readonly version: string; readonly device: string; readonly threads?: number | undefined };
}

/** What a new record is made of. */
export interface RunRecordParts extends Pick<RunRecord, 'versions' | 'artefacts'> {
  readonly built: BuiltRun;
  readonly data: RunData;
  readonly backend: Backend;
}

/** Writes the record of a new run. Throws SAVE_FAILED. */
export async function writeRunRecord(folder: RunFolder, { built, data, backend, versions, artefacts }: RunRecordParts): Promise<RunRecord> {
  const { name, version, device, threads } = backend.info();
  const record: RunRecord = {
    format: FORMAT,
    recipe: built.recipe,
    facts: data.facts,
    labels: Object.values(data.streams)[0]!.labels.values,
    fingerprints: fingerprintsOf(data),
    artefacts,
    versions,
    backend: { name, version, device, ...(threads === undefined ? {} : { threads }) },
  };
  await writeJson(folder.recipe, record);
  return record;
}

/** Reads the record of a run. Throws FILE_NOT_FOUND or FILE_INVALID. */
export async function readRunRecord(folder: RunFolder): Promise<RunRecord> {
  const parsed = recordSchema.safeParse(await readJson(folder.recipe));
  if (!parsed.success) {
    throw new ReidError('FILE_INVALID', `"${folder.recipe}" is no record of a run: ${z.prettifyError(parsed.error)}`, {
      hint: 'a run is a folder made by `reidkit train`.',
    });
  }
  return { ...(parsed.data as unknown as RunRecord), recipe: parseRecipe(parsed.data.recipe, folder.recipe) };
}

const fingerprintsOf = (data: RunData): RunRecord['fingerprints'] => ({
  streams: Object.fromEntries(Object.entries(data.streams).map(([name, { dataset }]) => [name, dataset.fingerprint])),
  evaluation: data.evaluation.fingerprint,
});

/** Throws DATASET_INVALID when the data of a run are not what they were when it began. */
export function checkRunRecord(record: RunRecord, data: RunData): void {
  const now = fingerprintsOf(data);
  const changed = Object.keys(now.streams).find((name) => now.streams[name]!.hash !== record.fingerprints.streams[name]?.hash);
  if (changed !== undefined || now.evaluation.hash !== record.fingerprints.evaluation.hash) {
    throw new ReidError(
      'DATASET_INVALID',
      `The data of ${changed === undefined ? 'the evaluation' : `stream "${changed}"`} have changed since the run began.`,
      {
        hint: 'start a new run, or put the data back as they were: the record holds their counts and hash.',
      },
    );
  }
}
