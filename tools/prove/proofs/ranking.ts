import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { RankingSize } from '../ranking-run.ts';
import { hold, type Proof } from '../proof.ts';

const script = fileURLToPath(new URL('../ranking-run.ts', import.meta.url));

/** Ranks in a process of its own; throws where it takes more memory than allowed, or where ranks are not those of sorting. */
async function rank(size: RankingSize, mostMegabytes: number): Promise<Record<string, unknown>> {
  const args = ['--conditions=@reidkit/source', '--import', 'tsx', script, JSON.stringify(size)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 20 });
  const figures = JSON.parse(stdout.trim().split('\n').at(-1)!) as { mAP: number; peakMegabytes: number; largestError?: number };
  hold(figures.mAP > 0 && figures.mAP < 1, `mAP ${figures.mAP} lies between 0 and 1`);
  hold((figures.largestError ?? 0) < 1e-4, `ranks are those of sorting, up to rounding (${figures.largestError})`);
  hold(figures.peakMegabytes < mostMegabytes, `the process held ${figures.peakMegabytes} MB at most, less than ${mostMegabytes}`);
  return { ...figures, mostMegabytes };
}

/** Full rankings and re-rankings in bounded memory, at the sizes of the large data sets. */
export const proof: Proof = {
  summary:
    'Full ranking and k-reciprocal re-ranking in bounded memory: MSMT17 (11,659 x 82,161 x 768) under 2 GB, a gallery of 500,000 under 3 GB, re-ranking MSMT17 under 4 GB.',
  minutes: 15,
  cases: [
    { id: 'Market-1501', run: () => rank({ queries: 3368, gallery: 15913, width: 768, people: 751 }, 1000) },
    { id: 'MSMT17', run: () => rank({ queries: 11659, gallery: 82161, width: 768, people: 3060 }, 2000) },
    { id: 'gallery of 500,000', run: () => rank({ queries: 1000, gallery: 500_000, width: 768, people: 20_000 }, 3000) },
    { id: 're-ranking, Market-1501', run: () => rank({ queries: 3368, gallery: 15913, width: 768, people: 751, rerank: true }, 1500) },
    { id: 're-ranking, MSMT17', run: () => rank({ queries: 11659, gallery: 82161, width: 768, people: 3060, rerank: true }, 4000) },
  ],
};
