const PARTS = /\d+|\D+/g;

const isNumber = (part: string): boolean => part >= '0' && part < ':';

const codeUnits = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

/** Numbers by their value, so that 7 and 007 are equal; the rest by code units. */
function compareParts(a: string, b: string): number {
  return isNumber(a) && isNumber(b) ? Number(a) - Number(b) : codeUnits(a, b);
}

/** Compares names as people sort them: digits by their number, the rest by code units; never by locale. */
export function naturalOrder(a: string, b: string): number {
  const left = a.match(PARTS) ?? [];
  const right = b.match(PARTS) ?? [];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = compareParts(left[i]!, right[i]!);
    if (difference !== 0) return difference;
  }
  return left.length - right.length || codeUnits(a, b);
}
