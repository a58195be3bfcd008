import type { Dataset } from '@reidkit/core-tensor/base';
import { needsOf, type CropLayout } from './crop-layout.ts';
import { bestRoot } from './data-root.ts';
import { readCrops, type CropReading } from './read-crops.ts';

/** Reads a data set that is on disk in one of several forms: the one that most is there of. Rejects as `readCrops`. */
export async function readEitherForm(forms: readonly CropLayout[], reading: CropReading): Promise<Dataset> {
  let chosen = forms[0]!;
  let share = 0;
  for (const form of forms) {
    const needs = needsOf(form);
    const best = await bestRoot({ ...form, needs }, reading.root);
    const found = (best?.present.length ?? 0) / needs.length;
    if (found > share) [chosen, share] = [form, found];
  }
  return readCrops(chosen, reading);
}
