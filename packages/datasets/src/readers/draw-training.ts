import { PythonRandom } from './python-random.ts';

/**
 * People of a trial: `training` of them for training, the others for test. For data sets whose papers ask for random halves and give none; the
 * draw is ours, and the same everywhere.
 */
export function drawTraining(people: Iterable<number>, training: number, trial: number): ReadonlySet<number> {
  const all = [...new Set(people)].sort((a, b) => a - b);
  const random = new PythonRandom(trial);
  for (let i = all.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return new Set(all.slice(0, training));
}
