/** Intersection over union of two boxes `[x0, y0, x1, y1]`. */
export function boxOverlap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const width = Math.max(0, Math.min(a[2]!, b[2]!) - Math.max(a[0]!, b[0]!));
  const height = Math.max(0, Math.min(a[3]!, b[3]!) - Math.max(a[1]!, b[1]!));
  const area = (box: ArrayLike<number>): number => (box[2]! - box[0]!) * (box[3]! - box[1]!);
  return (width * height) / (area(a) + area(b) - width * height);
}
