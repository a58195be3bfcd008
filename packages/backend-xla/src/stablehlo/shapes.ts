/** Number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** The whole numbers below a length. */
export const range = (length: number): number[] => [...Array(length).keys()];

/** The shape that two shapes broadcast to. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    return x === 1 ? y : x;
  });
}

/** Whether two shapes broadcast to one. */
export function canBroadcast(a: readonly number[], b: readonly number[]): boolean {
  return a.every((length, i) => {
    const other = b[b.length - a.length + i] ?? 1;
    return length === other || length === 1 || other === 1;
  });
}

/** A shape with another length along one axis. */
export const withLength = (shape: readonly number[], axis: number, length: number): number[] =>
  shape.map((old, i) => (i === axis ? length : old));
