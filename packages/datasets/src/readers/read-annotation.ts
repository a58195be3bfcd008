import { join } from 'node:path';
import { ReidError } from '@reidkit/core-tensor/base';
import type { MatValue } from '../files/mat-values.ts';
import { readMat5 } from '../files/mat5.ts';
import type { FindingList } from './finding-list.ts';

/** Where annotations are, and where what is wrong with them goes. */
export interface AnnotationPlace {
  readonly root: string;
  readonly findings: FindingList;
}

/**
 * What `take` makes of the variables of a .mat file below the root; undefined when the file is not there or is not what it should be, which the
 * findings then say as an error.
 */
export async function readAnnotation<T>(
  { root, findings }: AnnotationPlace,
  file: string,
  take: (variables: ReadonlyMap<string, MatValue>) => T,
): Promise<T | undefined> {
  try {
    return take(await readMat5(join(root, file)));
  } catch (error) {
    if (!ReidError.is(error) || (error.code !== 'FILE_INVALID' && error.code !== 'FILE_NOT_FOUND')) throw error;
    const rule = error.code === 'FILE_NOT_FOUND' ? 'missing-annotation' : 'unreadable-annotation';
    findings.add({ severity: 'error', rule, message: error.message.replaceAll('\n', ' '), files: [file] });
    return undefined;
  }
}
