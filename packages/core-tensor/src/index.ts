export * from './base.ts';
export { corePlugin } from './plugin.ts';
export * from './tensor.ts';
export { adamUpdate, type AdamInputs, type AdamNumbers } from './ops/adam-update.ts';
export { attention, type AttentionOptions } from './ops/attention.ts';
export { batchNormInference, batchNormTraining, type BatchNormResult } from './ops/batch-norm.ts';
export { conv2d, type Conv2dOptions } from './ops/conv2d.ts';
export { crossEntropy, smoothedTargets } from './ops/cross-entropy.ts';
export { gelu, quickGelu } from './ops/gelu.ts';
export { layerNorm } from './ops/layer-norm.ts';
export { linear } from './ops/linear.ts';
export { gatherNd, scatterNd, topK, type TopK } from './ops/lookup.ts';
export { normalizeRows } from './ops/normalize.ts';
export { oneHot } from './ops/one-hot.ts';
export { quantizedLinear } from './ops/quantized-linear.ts';
export { relu } from './ops/relu.ts';
export { averagePool2d, maxPool2d } from './ops/pool2d.ts';
export { recompute } from './ops/recompute.ts';
export { stopGradient } from './ops/stop-gradient.ts';
export {
  Parameter,
  buffer,
  constantInit,
  kaimingFanOut,
  normalInit,
  onesInit,
  parameter,
  truncatedNormalInit,
  uniformInit,
  zerosInit,
  type Initializer,
  type ParameterOptions,
} from './parameter.ts';
export {
  Module,
  checkStateDict,
  countParameters,
  disposeModule,
  initialState,
  initializeParameters,
  loadStateDict,
  namedParameters,
  stateDict,
  withParameters,
  type LoadOptions,
  type LoadReport,
} from './module.ts';
export { modulePlaces, type ModulePlace } from './module-places.ts';
export { pathPattern, selectPaths } from './path-pattern.ts';
export { EVALUATION, dropPath, dropout, seededDraws, trainingContext, type Context, type Draws, type TrainingContext } from './context.ts';
export {
  eagerProgram,
  valueAndGradients,
  type MakeProgram,
  type Program,
  type ProgramValues,
  type Step,
  type StepCall,
  type StepInputs,
  type StepOutputs,
  type StepReport,
  type ValueAndGradients,
} from './step.ts';
export { compile, type CompiledStep, type CompileOptions } from './record/compile.ts';
export { constantNumbers, type Supports } from './record/graph-builder.ts';
export { kernelGraphs } from './record/kernel-graphs.ts';
export { attributeText } from './record/call-text.ts';
export { countsText, graphText } from './record/graph-text.ts';
export { recordStep, type Captured, type RecordedStep, type RecordOptions, type Specs, type StepSignature } from './record/record-step.ts';
export { listOutputs, OUTPUT_GROUPS } from './record/step-graph.ts';
export type * from './record/step-graph.ts';
export type { SpecInputs } from './record/kernel-results.ts';
export type * from './kinds/graph-engine.ts';
export { currentBackend, plainProduct, referenceBackend, useBackend } from './backend.ts';
export { clipByNorm, clipEach, gradientNorm } from './optim/clip.ts';
export { movingAverage } from './optim/moving-average.ts';
export type * from './kinds/adapter.ts';
export type * from './kinds/backend.ts';
export type * from './kinds/decoder.ts';
export type * from './kinds/encoder.ts';
export type * from './kinds/head.ts';
export type * from './kinds/loss.ts';
export type * from './kinds/model.ts';
export type * from './kinds/optimizer.ts';
export type * from './kinds/prepare.ts';
export type * from './kinds/text-encoder.ts';
export type * from './kinds/tokenizer.ts';
