import { join } from 'node:path';
import { ReidError, type CropRecord } from '@reidkit/core-tensor/base';
import { someOf } from '../readers/finding-list.ts';
import type { PartMaskField } from './batch-task.ts';
import { PartCells } from './part-cells.ts';

/** Which records tell where parts are. */
function knower({ source = 'any', cells, ...field }: PartMaskField, root: string): (record: CropRecord) => boolean {
  if (source === 'cells') {
    const masks = new PartCells(join(root, cells ?? ''), field);
    return ({ file }) => masks.has(file);
  }
  const hasBoxes = ({ partBoxes = {} }: CropRecord): boolean => field.parts.some((part) => partBoxes[part]);
  if (source === 'boxes') return hasBoxes;
  return (record) => record.partMask !== undefined || (source === 'any' && hasBoxes(record));
}

/**
 * Throws DATASET_INVALID when a larger share of the records than a recipe allows does not tell where parts are, and what PartCells
 * throws. Those that are allowed count in no mask.
 */
export function checkPartMasks(records: readonly CropRecord[], field: PartMaskField, root: string): void {
  const { missing: allowed = 1 } = field;
  if (allowed >= 1 && field.source !== 'cells') return;
  const knows = knower(field, root);
  const without = records.filter((record) => !knows(record)).map(({ file }) => file);
  if (without.length <= allowed * records.length) return;
  throw new ReidError('DATASET_INVALID', `${without.length} of ${records.length} images in ${root} do not say where ${field.parts.join(', ')} are: ${someOf(without)}; ${Math.floor(allowed * records.length)} may be without.`, {
    hint: 'annotate them (reidkit annotate --with part-calibration puts stripes where nothing is known), or allow more by "missing" of the stream\'s partMasks.',
  }); // prettier-ignore
}
