import { cuhk03SingleShot } from '@reidkit/eval';
import type { GoldenAdapter } from '../adapter.ts';
import { compareRetrieval, factsOf, judgeBy, wholeNumbers } from '../retrieval-case.ts';

export const adapter: GoldenAdapter = {
  family: 'metric-cuhk03-single-shot',
  async run(golden) {
    const draws = golden.tensor('in/draws');
    const [, repeats = 0, people = 0] = draws.shape;
    const positions = wholeNumbers(draws);
    const drawn = (query: number): Int32Array[] =>
      Array.from({ length: repeats }, (_, repeat) => {
        const begin = (query * repeats + repeat) * people;
        return positions.slice(begin, begin + people).filter((at) => at >= 0);
      });
    const protocol = cuhk03SingleShot({ maxRank: golden.json.config.max_rank, repeats }, drawn);
    const facts = { q: factsOf(golden, 'q'), g: factsOf(golden, 'g') };
    compareRetrieval(golden, await judgeBy(protocol, golden.tensor('in/distmat'), facts));
  },
};
