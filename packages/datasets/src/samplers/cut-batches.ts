/** Cuts a list into batches; a last one that is not full is kept or dropped. */
export function cutBatches(order: ArrayLike<number>, batchSize: number, last: 'keep' | 'drop'): Int32Array[] {
  const positions = Int32Array.from(order);
  const count = last === 'keep' ? Math.ceil(positions.length / batchSize) : Math.floor(positions.length / batchSize);
  return Array.from({ length: count }, (_, batch) => positions.slice(batch * batchSize, (batch + 1) * batchSize));
}
