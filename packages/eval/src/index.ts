export { evalPlugin } from './plugin.ts';
export { version } from './version.ts';
export { market1501 } from './market1501.ts';
export { clothesChanging, sameClothes } from './clothes-changing.ts';
export { leaveOutOtherClothes, leaveOutSameClothes } from './clothes-rules.ts';
export { leaveOutSamePlace, llcmProtocol, sysuMm01Protocol } from './cross-modality.ts';
export { cuhk03SingleShot } from './cuhk03-single-shot.ts';
export { type GivenDraws } from './single-shot.ts';
export { irmProtocol } from './irm.ts';
export { occluded, regdbProtocol, textToImage } from './unfiltered.ts';
export { rankingProtocol } from './ranking-protocol.ts';
export { type MakeWatcher, type RankingWatcher, type SeenRanking } from './ranking-watcher.ts';
export { judgeTrials, type TrialsResult } from './judge-trials.ts';
export { trialGalleries, type TrialOptions } from './trial-galleries.ts';
export { judgePersonSearch, personSearchOptions, type PersonSearchResult } from './search/judge-person-search.ts';
export { personSearch } from './search/person-search.ts';
export { type ContextMatching } from './search/context-matching.ts';
export { type Detection, type SearchedFrame, type SearchQuery } from './search/search-scene.ts';
export { scoreDetections, type DetectedFrame, type DetectionScores } from './search/score-detections.ts';
export { poolPairs, type PairDistances, type PairWatcher } from './pair-distances.ts';
export { areaUnder, rocCurve, trueAcceptsAt, type RocCurve } from './roc-curve.ts';
export { verification, verificationFigures } from './verification.ts';
export { alarmThreshold, openSet } from './open-set.ts';
export { kReciprocal } from './rerank/k-reciprocal.ts';
export { expandQueries, queryExpansion } from './rerank/query-expansion.ts';
export { pairRescoring, rescored, type KeptScores } from './rerank/rescored.ts';
export { openScoreFile, type ScoreFileOptions } from './rerank/score-file.ts';
export { crossDomainTable, type CrossDomainTable, type DomainCell, type DomainResult } from './cross-domain-table.ts';
export { featureParts, openFeatureFile, type FeatureFile, streamedGallery, type GalleryParts } from './streamed-gallery.ts';
export { partWeightedScorer } from './part-weighted-scorer.ts';
export { judgeRankings, listRankings, type Comparison, type JudgingRule } from './judge-rankings.ts';
export { leaveOutNothing, leaveOutSameCamera, type GalleryRule, type GalleryRuleFor } from './gallery-rule.ts';
export { matchRanks, type DistanceRow, type RankQuestion } from './match-ranks.ts';
export { cumulativeMatching, meanOfJudged, scoreRanks, type RankingScore } from './ranking-score.ts';
export { rejectFewPixels, segmentationSample, type SegmentationSample } from './segmentation-sample.ts';
export { scoreSegmentation, type SegmentationOptions, type SegmentationReading, type SegmentationScores } from './segmentation-scores.ts';
export { bootstrapDifference, bootstrapMean, type BootstrapOptions, type Interval } from './bootstrap.ts';
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
export { html, trusted, type Html } from './report/html.ts';
export { renderChart } from './report/render-chart.ts';
export type { ChartDescription, ChartSeries } from './report/chart-spec.ts';
export { renderPage, type PageContent } from './report/render-page.ts';
export { renderComparison, type ComparedQuery, type ComparisonData } from './report/compared-section.ts';
export { renderReport } from './report/render-report.ts';
export { Thumbnails } from './report/thumbnail.ts';
export type { ReportMap, ReportRegion, ReportRegionCard, ReportRegions } from './report/picture-data.ts';
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
