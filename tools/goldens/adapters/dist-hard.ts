import { hostTensor } from '@reidkit/core-tensor';
import { euclidDistance } from '@reidkit/eval';
import type { GoldenAdapter } from '../adapter.ts';
import { wholeNumbers } from '../retrieval-case.ts';

export const adapter: GoldenAdapter = {
  family: 'dist-hard',
  async run(golden) {
    const [x, y] = ['in/x', 'in/y'].map((key) => hostTensor(golden.tensor(key).data as Float32Array, golden.tensor(key).shape));
    const squared = await euclidDistance(x!, y!, { squared: true });
    golden.report.compare('squared', squared, golden.tensor('out/squared'));
    const nearest = golden.tensor('out/nearest');
    const [m = 0, count = 0] = nearest.shape;
    const columns = y!.shape[0]!;
    const want = wholeNumbers(nearest);
    for (let row = 0; row < m; row++) {
      const distances = squared.subarray(row * columns, (row + 1) * columns);
      const order = Array.from(distances.keys()).sort((a, b) => distances[a]! - distances[b]! || a - b);
      const [got, expected] = [order.slice(0, count), [...want.subarray(row * count, (row + 1) * count)]];
      golden.report.check(`nearest of row ${row}`, got.join() === expected.join(), `expected ${expected.join(', ')}, got ${got.join(', ')}`);
    }
  },
};
