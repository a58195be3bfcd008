import type { Stream } from '@reidkit/core-tensor';
import type { PartMaskField } from '@reidkit/datasets';

/** A stream's part masks as the loader takes them: without names that are not there. */
export function partMaskField(field: NonNullable<Stream['fields']['partMasks']>): PartMaskField {
  return Object.fromEntries(Object.entries(field).filter(([, value]) => value !== undefined)) as unknown as PartMaskField;
}
