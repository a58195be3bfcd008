import { channel } from 'node:diagnostics_channel';

/** What readers tell on {@link FILES_LISTED} after every folder that they list. */
export interface FilesListed {
  /** Absolute, or relative to the data set's root. */
  readonly folder: string;
  /** Names in it. */
  readonly files: number;
}

/** Name of the channel of `node:diagnostics_channel` on which readers tell what they have listed, for progress. */
export const FILES_LISTED = 'reidkit:files-listed';

const listed = channel(FILES_LISTED);

/** Tells whoever watches that a folder was listed. */
export function tellListed(folder: string, files: number): void {
  if (listed.hasSubscribers) listed.publish({ folder, files } satisfies FilesListed);
}
