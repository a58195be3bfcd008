import type { HostTensors } from '@reidkit/core-tensor';
import { clipFromHuggingFace } from '@reidkit/encoders';
import type { GoldenAdapter, GoldenCase, GoldenTensor } from '../adapter.ts';
import { compareClip } from '../clip-whole.ts';
import { hostNumbers } from '../golden-tensors.ts';

/** Weights, or gradients, of a case under OpenAI's names. */
function renamed(golden: GoldenCase, prefix: string): [string, GoldenTensor][] {
  const own = golden.keys.filter((key) => key.startsWith(prefix));
  // Gradients of the images stand among those of the weights and keep their name.
  const numbers: HostTensors = Object.fromEntries(own.map((key) => [key.slice(prefix.length), hostNumbers(golden.tensor(key))]));
  return Object.entries(clipFromHuggingFace(numbers)).map(([name, { shape, data }]) => [
    `${prefix}${name}`,
    { dtype: 'F32', shape, data: data as Float32Array },
  ]);
}

export const adapter: GoldenAdapter = {
  family: 'clip-full-hf',
  run(golden) {
    const { report, json } = golden;
    const mapped = new Map([...renamed(golden, 'w/'), ...renamed(golden, 'grad/')]);
    const others = golden.keys.filter((key) => !key.startsWith('w/') && !key.startsWith('grad/'));
    compareClip({
      ...golden,
      keys: [...others, ...mapped.keys()],
      has: (key) => mapped.has(key) || others.includes(key),
      tensor: (key) => mapped.get(key) ?? golden.tensor(key),
      report: {
        check: (...finding) => report.check(...finding),
        compare: (name, got, want) => {
          report.compare(name, got, want, name.startsWith('grad/') ? { atol: json.tolerance.atol_grad } : {});
        },
      },
    });
  },
};
