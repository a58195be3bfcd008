import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type HostTensors, readSafetensors, ReidError, writeSafetensors } from '@reidkit/core-tensor';
import { z } from 'zod';

/** Where a run is: the next batch to train on. */
const positionSchema = z.strictObject({
  stage: z.number().int().nonnegative(),
  /** Epochs of the stage that are done. */
  epoch: z.number().int().nonnegative(),
  /** Batches of the epoch that are done. */
  batch: z.number().int().nonnegative(),
  /** Steps done since the start of the run. */
  step: z.number().int().nonnegative(),
});

/** Where a run is. */
export type Position = z.output<typeof positionSchema>;

/** Everything that training needs to go on. */
export interface TrainingCheckpoint {
  readonly position: Position;
  readonly parameters: HostTensors;
  readonly state: HostTensors;
  /** Hashes of the artefacts that it was trained with, by name. */
  readonly artefacts?: Readonly<Record<string, string>>;
}

const FORMAT = 'reidkit-training-1';

/** Throws NON_FINITE_LOSS when a parameter holds something that is no finite number, so that no such checkpoint replaces a good one. */
function checkFinite(parameters: HostTensors, step: number): void {
  for (const [path, { data }] of Object.entries(parameters)) {
    for (let i = 0; i < data.length; i++) {
      if (!Number.isFinite(data[i])) {
        throw new ReidError('NON_FINITE_LOSS', `After step ${step} the parameter "${path}" holds ${data[i]}.`, {
          hint: 'the last checkpoint was kept. Lower the learning rate, lengthen the warm-up, or clip gradients.',
        });
      }
    }
  }
}

/** Writes a training checkpoint whole or not at all. Throws SAVE_FAILED, or NON_FINITE_LOSS when the parameters are spoilt. */
export async function saveCheckpoint(path: string, { position, parameters, state, artefacts = {} }: TrainingCheckpoint): Promise<void> {
  checkFinite(parameters, position.step);
  const tensors = Object.fromEntries([
    ...Object.entries(parameters).map(([name, value]) => [`parameters.${name}`, value] as const),
    ...Object.entries(state).map(([name, value]) => [`state.${name}`, value] as const),
  ]);
  await writeSafetensors(path, tensors, {
    metadata: { format: FORMAT, position: JSON.stringify(position), artefacts: JSON.stringify(artefacts) },
  });
}

/** Reads a training checkpoint. Throws FILE_NOT_FOUND or FILE_INVALID. */
export async function loadCheckpoint(path: string): Promise<TrainingCheckpoint> {
  const { tensors, metadata } = await readSafetensors(path);
  const isOurs = metadata.format === FORMAT;
  const position = positionSchema.safeParse(isOurs ? JSON.parse(metadata.position ?? 'null') : null);
  const artefacts = z.record(z.string(), z.string()).safeParse(isOurs ? JSON.parse(metadata.artefacts ?? '{}') : null);
  if (!position.success || !artefacts.success) {
    throw new ReidError('FILE_INVALID', `${path} is no training checkpoint.`, {
      hint: 'give --resume the folder of a run that was started by `reidkit train`.',
    });
  }
  const part = (prefix: string): HostTensors =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])),
    );
  return { position: position.data, artefacts: artefacts.data, parameters: part('parameters.'), state: part('state.') };
}

/** SHA-256 of a file, hexadecimal. */
export async function hashFile(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
