import type { DatasetReader } from '@reidkit/core-tensor';
import { readRunRecord, reportRun, runFolder } from '@reidkit/trainer';
import { makeRegistry } from '../plugins.ts';

/** `reidkit report RUN`. */
export async function reportCommand(path: string, { data }: { readonly data?: string }): Promise<void> {
  const folder = runFolder(path);
  const { recipe } = await readRunRecord(folder);
  const registry = await makeRegistry(recipe.plugins);
  const node = recipe.evaluation.dataset ?? Object.values(recipe.streams)[0]!.dataset;
  const root = data ?? (await registry.use<DatasetReader>(node).read()).root;
  await reportRun(folder, { root });
  console.log(`wrote ${folder.report}`);
}
