import { ReidError } from '@reidkit/core-tensor/base';

/** IMAGE_UNREADABLE, naming the file and the reason (a clause without a full stop). */
export function unreadableImage(file: string, reason: string, cause?: unknown): ReidError {
  return new ReidError('IMAGE_UNREADABLE', `${file} cannot be read as an image: ${reason}.`, {
    hint: 'replace the file, take it out of the list, or let the loader skip and count such files (onError "skip").',
    cause,
  });
}
