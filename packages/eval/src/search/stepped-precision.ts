/** Things that are right or wrong, with a score each. */
export interface Scored {
  readonly score: number;
  readonly right: boolean;
}

/**
 * Average precision as a sum of steps over distinct scores, the way scikit-learn defines it: equal scores are taken together. Highest score
 * first; 0 when nothing is right.
 */
export function steppedPrecision(items: readonly Scored[]): number {
  const sorted = [...items].sort((a, b) => b.score - a.score);
  const all = items.reduce((count, { right }) => count + Number(right), 0);
  if (all === 0) return 0;
  let sum = 0;
  let right = 0;
  let counted = 0;
  sorted.forEach((item, at) => {
    if (item.right) right++;
    if (sorted[at + 1]?.score === item.score) return;
    sum += ((right - counted) / all) * (right / (at + 1));
    counted = right;
  });
  return sum;
}
