import { hostTensor } from '@reidkit/core-tensor';
import { cosineDistance, euclidDistance } from '@reidkit/eval';
import type { GoldenAdapter } from '../adapter.ts';

export const adapter: GoldenAdapter = {
  family: 'dist-euclid-cosine',
  async run(golden) {
    const [x, y] = ['in/x', 'in/y'].map((key) => hostTensor(golden.tensor(key).data as Float32Array, golden.tensor(key).shape));
    const distances = {
      squared: await euclidDistance(x!, y!, { squared: true }),
      root: await euclidDistance(x!, y!),
      cosine: await cosineDistance(x!, y!),
      cosine_half: await cosineDistance(x!, y!, { scale: 0.5, epsilon: 0 }),
    };
    for (const [name, got] of Object.entries(distances)) golden.report.compare(name, got, golden.tensor(`out/${name}`));
  },
};
