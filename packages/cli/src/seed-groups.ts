import { stat } from 'node:fs/promises';
import type { EvaluationSummary } from '@reidkit/trainer';
import { readRunRecord, runFolder } from '@reidkit/trainer';
import { inPercent, type MeanAndSpread, meanAndSpread } from './mean-and-spread.ts';

/** A run of a recipe under a seed. */
interface SeededRun {
  readonly run: string;
  readonly seed: number;
  /** Everything else that was trained and judged. */
  readonly rest: string;
}

/** Runs of one recipe that differ in their seed alone. */
export interface SeedGroup {
  readonly recipe: string;
  readonly runs: readonly string[];
  readonly seeds: readonly number[];
  /** Mean and standard deviation over the runs, by figure. */
  readonly figures: Readonly<Record<string, MeanAndSpread>>;
}

/** A run as it is compared. */
export interface ComparedRun {
  readonly name: string;
  readonly summary: EvaluationSummary;
  readonly figures: Readonly<Record<string, number>>;
}

/** What a run's folder says of its seed; nothing for a file of figures. */
async function seededRun({ name, summary }: ComparedRun): Promise<(SeededRun & { readonly recipe: string }) | null> {
  const facts = await stat(name).catch(() => undefined);
  if (!facts?.isDirectory()) return null;
  const { recipe, fingerprints } = await readRunRecord(runFolder(name));
  const { seed, ...rest } = recipe;
  return { run: name, seed, recipe: recipe.name, rest: JSON.stringify([rest, fingerprints, summary.protocol, summary.fingerprint.hash]) };
}

/** Groups of at least two runs of one recipe on the same data under different seeds. */
export async function groupBySeed(runs: readonly ComparedRun[]): Promise<SeedGroup[]> {
  const groups = new Map<string, { readonly recipe: string; readonly members: { readonly seed: number; readonly run: ComparedRun }[] }>();
  for (const run of runs) {
    const known = await seededRun(run);
    if (!known) continue;
    const group = groups.get(known.rest) ?? { recipe: known.recipe, members: [] };
    groups.set(known.rest, group);
    if (group.members.every(({ seed }) => seed !== known.seed)) group.members.push({ seed: known.seed, run });
  }
  return [...groups.values()].flatMap(({ recipe, members }) => {
    const [first] = members;
    if (!first || members.length < 2) return [];
    const names = Object.keys(first.run.figures);
    return [
      {
        recipe,
        runs: members.map(({ run }) => run.name),
        seeds: members.map(({ seed }) => seed),
        figures: Object.fromEntries(names.map((name) => [name, meanAndSpread(members.map(({ run }) => run.figures[name]!))])),
      },
    ];
  });
}

/** A group in a sentence. */
export function sayGroup({ recipe, seeds, figures }: SeedGroup): string {
  const said = Object.entries(figures).map(([name, value]) => `${name} ${inPercent(value)}`);
  return `${recipe} over ${seeds.length} seeds (${seeds.join(', ')}): ${said.join(', ')} (mean ± standard deviation over runs)`;
}
