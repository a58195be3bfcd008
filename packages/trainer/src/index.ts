export { applyOverrides } from './override.ts';
export { buildModel, buildRun, type BuiltRun, type BuiltStage } from './build-run.ts';
export { hashFile, loadCheckpoint, saveCheckpoint, type Position, type TrainingCheckpoint } from './checkpoint.ts';
export { evaluate, type EvaluateOptions, type Evaluation, type RankedList } from './evaluate.ts';
export { extract, inferenceStep, type ExtractOptions, type Extracted, type InferenceOptions } from './extract.ts';
export { jsonLogger, readLog, rewindLog } from './json-log.ts';
export { loadRun, type EmbedOptions, type LoadedRun, type LoadRunOptions } from './load-run.ts';
export {
  defineRecipe,
  evaluationSchema,
  lossSchema,
  parseRecipe,
  recipeSchema,
  stageSchema,
  streamSchema,
  type Recipe,
  type RecipeInput,
  type Stage,
  type Stream,
} from './recipe.ts';
export { resolveReferences, type Facts } from './reference.ts';
export { cropsOf, readRunData, type RunData } from './run-data.ts';
export { createRunFolder, readJson, runFolder, writeJson, type RunFolder } from './run-folder.ts';
export { readRunRecord, type RunRecord } from './run-record.ts';
export { crc32c, tensorBoardLogger } from './tensorboard-log.ts';
export { reportRun, type ReportOptions } from './report-run.ts';
export { evaluateUntrained, train, type TrainOptions, type TrainResult } from './train.ts';
export { checkpointTensors, planStage, type StagePlan } from './training-step.ts';
export { batchNames, computeLosses, wireLosses, type Available, type WiredLoss } from './wire-losses.ts';
