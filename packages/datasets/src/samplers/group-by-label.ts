/** Positions of each label that is not negative, labels in rising order. */
export function groupByLabel(labels: Int32Array): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const label of [...new Set(labels)].filter((value) => value >= 0).sort((a, b) => a - b)) groups.set(label, []);
  labels.forEach((label, position) => groups.get(label)?.push(position));
  return groups;
}
