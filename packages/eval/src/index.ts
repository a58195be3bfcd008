export { evalPlugin } from './plugin.ts';
export { version } from './version.ts';
export { market1501 } from './market1501.ts';
export { judgeRankings, listRankings, type Comparison, type JudgingRule } from './judge-rankings.ts';
export { leaveOutNothing, leaveOutSameCamera, type GalleryRule, type GalleryRuleFor } from './gallery-rule.ts';
export { matchRanks, type DistanceRow, type RankQuestion } from './match-ranks.ts';
export { cumulativeMatching, meanOfJudged, scoreRanks, type RankingScore } from './ranking-score.ts';
export { rejectFewPixels, segmentationSample, type SegmentationSample } from './segmentation-sample.ts';
export { scoreSegmentation, type SegmentationOptions, type SegmentationReading, type SegmentationScores } from './segmentation-scores.ts';
export { summarize, type RetrievalSummary } from './summarize.ts';
export { pickQueries, type PickedQueries } from './pick-queries.ts';
export { cosineScorer } from './cosine-scorer.ts';
export { euclidScorer } from './euclid-scorer.ts';
export { hammingScorer } from './hamming-scorer.ts';
export { l1Scorer } from './l1-scorer.ts';
export { givenDistances } from './given-distances.ts';
export { cosineDistance, type CosineOptions } from './cosine-distance.ts';
export { euclidDistance, type EuclidOptions } from './euclid-distance.ts';
export { hammingDistance, packBits, type PackedCodes } from './hamming-distance.ts';
export { type Matrix } from './descriptor-matrix.ts';
export { stackDescriptors, takeDescriptors } from './descriptor-rows.ts';
export { javascriptProduct } from './javascript-product.ts';
export { colourHistogram, type ColourHistogramOptions } from './colour-histogram.ts';
export { renderReport } from './report/render-report.ts';
export type {
  ReportCurve,
  ReportData,
  ReportDataset,
  ReportEnvironment,
  ReportEvaluation,
  ReportImage,
  ReportMethod,
  ReportPerson,
  ReportRankedLists,
  ReportRankedQuery,
  ReportTraining,
} from './report/report-data.ts';
