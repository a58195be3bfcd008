/** A receiver operating characteristic: points from (0, 0) to (1, 1). */
export interface RocCurve {
  readonly falseAccepts: Float64Array;
  readonly trueAccepts: Float64Array;
}

const ascending = (values: Float32Array): Float32Array => values.slice().sort();

/** A growing list of points that leaves out those in the middle of three equal steps. */
class Points {
  readonly #falses: number[] = [0];
  readonly #trues: number[] = [0];
  #before: readonly [number, number] | undefined;
  #last: readonly [number, number] | undefined;

  add(falses: number, trues: number): void {
    const [a, b] = [this.#before, this.#last];
    if (b && (!a || falses - 2 * b[0] + a[0] !== 0 || trues - 2 * b[1] + a[1] !== 0)) this.#keep(b);
    this.#before = b;
    this.#last = [falses, trues];
  }

  #keep([falses, trues]: readonly [number, number]): void {
    this.#falses.push(falses);
    this.#trues.push(trues);
  }

  curve(): RocCurve {
    if (this.#last) this.#keep(this.#last);
    const share = (counts: readonly number[]): Float64Array => Float64Array.from(counts, (count) => count / counts.at(-1)!);
    return { falseAccepts: share(this.#falses), trueAccepts: share(this.#trues) };
  }
}

/**
 * The curve of accepting pairs up to a distance: for every distance that occurs, the share of `wrong` pairs and of `right` pairs at most that
 * far. A point in the middle of two equal steps is left out, as scikit-learn does. Shares are NaN where a side is empty.
 */
export function rocCurve(right: Float32Array, wrong: Float32Array): RocCurve {
  const [trues, falses] = [ascending(right), ascending(wrong)];
  const points = new Points();
  let t = 0;
  let f = 0;
  while (t < trues.length || f < falses.length) {
    const threshold = Math.min(trues[t] ?? Infinity, falses[f] ?? Infinity);
    while (t < trues.length && trues[t]! <= threshold) t++;
    while (f < falses.length && falses[f]! <= threshold) f++;
    points.add(f, t);
  }
  return points.curve();
}

/** True accepts at the point of the curve whose false accepts are nearest to a rate, the first of equally near ones; nothing is interpolated. */
export function trueAcceptsAt({ falseAccepts, trueAccepts }: RocCurve, rate: number): number {
  let best = 0;
  falseAccepts.forEach((value, at) => {
    if (Math.abs(value - rate) < Math.abs(falseAccepts[best]! - rate)) best = at;
  });
  return trueAccepts[best]!;
}

/** Area under the curve, by trapezoids. */
export function areaUnder({ falseAccepts, trueAccepts }: RocCurve): number {
  let area = 0;
  for (let at = 1; at < falseAccepts.length; at++) {
    area += ((falseAccepts[at]! - falseAccepts[at - 1]!) * (trueAccepts[at]! + trueAccepts[at - 1]!)) / 2;
  }
  return area;
}
