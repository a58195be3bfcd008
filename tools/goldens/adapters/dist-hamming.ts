import { hostTensor } from '@reidkit/core-tensor';
import { hammingDistance, packBits } from '@reidkit/eval';
import type { GoldenAdapter } from '../adapter.ts';
import { wholeNumbers } from '../retrieval-case.ts';

export const adapter: GoldenAdapter = {
  family: 'dist-hamming',
  run(golden) {
    const [a, b] = ['in/a', 'in/b'].map((key) => packBits(hostTensor(wholeNumbers(golden.tensor(key)), golden.tensor(key).shape, 'int32')));
    golden.report.compare('a packed', a!.data, golden.tensor('out/a_packed'));
    golden.report.compare('b packed', b!.data, golden.tensor('out/b_packed'));
    const count = hammingDistance(a!, b!);
    golden.report.compare('count', count, golden.tensor('out/count'));
    const share = Float64Array.from(count, (bits) => bits / a!.bits);
    golden.report.compare('share', share, golden.tensor('out/share'));
  },
};
