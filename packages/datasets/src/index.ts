export { datasetsPlugin } from './plugin.ts';

export { annotate, type AnnotateRequest, type AnnotateSummary } from './annotators/annotate.ts';
export { MASK_PARTS, mapParsing, PARSING_LABELS, type MaskPart } from './annotators/parsing-labels.ts';
export { BODY_PARTS, PART_STRIPES, partStripe, type BodyPart } from './annotators/body-parts.ts';
export {
  calibratePartBoxes,
  PART_BOUNDS,
  type CalibratedParts,
  type CalibrationRule,
  type PartBounds,
} from './annotators/calibrate-part-boxes.ts';

export { countPartBoxes, type PartCensus, type PartCensusOptions, type PartExample } from './check/part-census.ts';
export { checkDataset, type DatasetCheckOptions } from './check/check-dataset.ts';
export { checkContent, type ContentCheck, type ContentCheckOptions, type UnreadableFile } from './check/check-content.ts';
export type { DatasetReport, ExclusionReport, IdentitySpread, SplitReport } from './check/dataset-report.ts';
export { PUBLISHED_COUNTS, publishedCounts, type PublishedCounts, type PublishedDataset } from './check/published-counts.ts';
export { recognize, recognizeDataset, type Recognition } from './check/recognize.ts';

export { createImageDecoder, type ImageDecoder, type ImageDecoderOptions } from './image/image-decoder.ts';
export { DEFAULT_IMAGE_LIMITS, type ImageLimits } from './image/image-limits.ts';

export { polygonRle } from './image/polygon-rle.ts';
export { decodeRle, encodeRle, intersectRle, rleArea, rleBox, rleIou, uniteRle, type RleMask } from './image/rle.ts';
export { parseRleText, rleText } from './image/rle-text.ts';

export { instructionBank, InstructionBank, instructionText, readInstructionBank } from './instructions/instruction-bank.ts';

export { clothesLabels, createLabelMap, identityLabels, type LabelMap } from './label-map.ts';

export { createLoader, type Loader, type LoaderOptions } from './loader/loader.ts';
export { checkPartMasks } from './loader/check-part-masks.ts';
export type { LoaderFields, PartMaskField } from './loader/batch-task.ts';

export { mapPoint, type AffineMap } from './pipeline/affine-map.ts';
export { SamplePipeline, type MovedSample } from './pipeline/sample-pipeline.ts';
export { buildPipeline } from './loader/batch-maker.ts';

export { DatasetError, findingsOf } from './readers/dataset-error.ts';
export { readDetections, type Detections, type FrameDetections } from './readers/detections.ts';
export { FILES_LISTED, type FilesListed } from './readers/files-listed.ts';
export { fingerprint } from './readers/fingerprint.ts';
export { extractCuhk03, type Cuhk03Extraction } from './readers/sets/cuhk03-extract.ts';
export { checkRetrieval, type RetrievalCheck } from './readers/retrieval-check.ts';
export { findSidecars, readSidecars, SIDECAR_FOLDER, SIDECAR_NAME } from './sidecars/find-sidecars.ts';
export { joinSidecars, type SidecarJoin } from './sidecars/join-sidecars.ts';
export { readSidecar, sidecarKey, type Sidecar } from './sidecars/read-sidecar.ts';
export { parseSidecarLine, SIDECAR_VERSION, type SidecarEntry, type SidecarHeader, type SidecarLine } from './sidecars/sidecar-line.ts';

export { pk } from './samplers/pk.ts';
export { queryFrames, type QueryFrames, type QueryFramesEpoch } from './samplers/query-frames.ts';
export { sequential } from './samplers/sequential.ts';
export { shardBatches, type Shard } from './samplers/shard.ts';

export { SYNTHETIC_MANIFEST, synthesize, type SynthesizeRequest, type SyntheticSummary } from './synthetic/synthesize.ts';
export { syntheticOptions, type SyntheticInput, type SyntheticOptions } from './synthetic/synthetic-options.ts';
export { createStudio, type Studio } from './synthetic/studio.ts';
export { makePlan, type CropJob, type Plan, type SceneJob } from './synthetic/plan.ts';
export { drawCrop, type Crop } from './synthetic/draw-crop.ts';
export { drawScene, type Scene, type ScenePerson } from './synthetic/draw-scene.ts';
export { drawGarment, type RgbPicture } from './synthetic/draw-garment.ts';
export type { PersonMasks } from './synthetic/draw-person.ts';
export { PARTS, type PartName } from './synthetic/solid.ts';
export { DOMAIN_NAMES } from './synthetic/domain.ts';
export { OCCLUDER_NAMES } from './synthetic/occluder.ts';

export { adjustColors, type Adjustments } from './transforms/color-jitter.ts';
export type { Adjustment } from './transforms/adjust-bytes.ts';
export { adjustFloats } from './transforms/adjust-floats.ts';
export { centerWindow } from './transforms/center-crop.ts';
export { drawErasingBox, type ErasingRule, type PixelBox } from './transforms/erasing-box.ts';
export { NORMALIZATIONS } from './transforms/normalize.ts';
export { eraseWith, type ErasingFill } from './transforms/random-erasing.ts';
export { shortSideSize } from './transforms/resize.ts';
export { drawSolidErasing, paintBox, type SolidErasing, type SolidErasingRule } from './transforms/solid-erasing.ts';
export { drawTrialGallery, type GalleryCandidate } from './readers/trial-gallery.ts';
