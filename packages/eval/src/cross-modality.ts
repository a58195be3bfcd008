import { defineComponent, type Protocol } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { leaveOutSameCamera, type GalleryRuleFor } from './gallery-rule.ts';
import { listRankings, type JudgingRule } from './judge-rankings.ts';
import { judgeTrials } from './judge-trials.ts';
import { rankingOptions } from './ranking-options.ts';

/** Options of `protocol/llcm` and `protocol/sysu-mm01`. */
const crossModalityOptions = z.strictObject({
  ...rankingOptions,
  maxRank: z.int().positive().default(20).describe('Last rank of the cumulative matching curve; at most the number of people is used.'),
  galleries: z.int().positive().default(10).describe('Galleries of one image per person and camera, whose figures are averaged.'),
  seed: z.int().nonnegative().default(0).describe('Seed of the draws, where the data set does not draw the published galleries itself.'),
});

/** Camera 3 (infrared) stands where camera 2 stands: its queries leave out all of camera 2, whoever is seen. Cameras count from 0 here. */
const [QUERY_CAMERA, GALLERY_CAMERA] = [2, 1];

/** SYSU-MM01's rule: for queries of camera 3 all gallery images of camera 2, which stands at the same place, are left out. */
export const leaveOutSamePlace: GalleryRuleFor = (query, gallery) => {
  const beside = Array.from(gallery.cameras.keys()).filter((g) => gallery.cameras[g] === GALLERY_CAMERA);
  return {
    because: 'is under the camera at the same place',
    remedy: 'check that cameras count from 0: camera 2 of the data set is 1, camera 3 is 2.',
    leavesOut: (q, g) => query.cameras[q] === QUERY_CAMERA && gallery.cameras[g] === GALLERY_CAMERA,
    others: (q) => (query.cameras[q] === QUERY_CAMERA ? beside.filter((g) => gallery.identities[g] !== query.identities[q]) : []),
  };
};

type CrossModalityOptions = z.input<typeof crossModalityOptions>;

function crossModality(protocol: string, rule: GalleryRuleFor, options: CrossModalityOptions): Protocol {
  const { maxRank, galleries, seed, query: querySplit, gallery: gallerySplit } = crossModalityOptions.parse(options);
  const judging: JudgingRule = { protocol, name: `${protocol}, ${galleries} galleries`, rule, maxRank };
  return {
    name: judging.name,
    splits: { query: querySplit, gallery: gallerySplit },
    trials: galleries,
    evaluate: (query, gallery, scorer, ranking) =>
      judgeTrials(judging, { query, gallery, scorer }, { ...ranking, trials: galleries, seed }),
    rank: (query, gallery, scorer, ranking) => listRankings(judging, { query, gallery, scorer }, ranking),
  };
}

/**
 * LLCM: ten galleries of one image per person and camera; images of the same person under the same camera are left out; the matching curve
 * counts people, not images. Ranked lists are of the whole gallery.
 * @see Zhang and Wang, "Diverse Embedding Expansion Network and Low-Light Cross-Modality Benchmark" (CVPR 2023), section 5.
 */
export const llcmProtocol = (options: CrossModalityOptions = {}): Protocol => crossModality('llcm', leaveOutSameCamera, options);

/**
 * SYSU-MM01: as LLCM, but queries of camera 3 leave out all of camera 2, and nothing else is left out.
 * @see Wu et al., "RGB-Infrared Cross-Modality Person Re-Identification" (ICCV 2017), section 5.
 */
export const sysuMm01Protocol = (options: CrossModalityOptions = {}): Protocol => crossModality('sysu-mm01', leaveOutSamePlace, options);

/** `protocol/llcm`. */
export const llcmComponent = defineComponent({
  summary: 'Ten galleries of one image per person and camera; CMC over people.',
  paper: 'Zhang and Wang, CVPR 2023',
  options: crossModalityOptions,
  build: (options) => llcmProtocol(options),
});

/** `protocol/sysu-mm01`. */
export const sysuMm01Component = defineComponent({
  summary: 'As LLCM; queries of camera 3 leave out camera 2.',
  paper: 'Wu et al., ICCV 2017',
  options: crossModalityOptions,
  build: (options) => sysuMm01Protocol(options),
});
