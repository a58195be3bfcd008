export { ReidError, reportProblems, type ErrorCode, type ReidErrorDetails } from './errors.ts';
export { didYouMean, nearestName } from './nearest-name.ts';
export { Random, RandomStream, threefry, type RandomKey } from './random.ts';
export {
  formatShape,
  hostTensor,
  matchShape,
  sameShape,
  sizeOf,
  type DataArrays,
  type DataType,
  type HostTensor,
  type HostTensors,
} from './host-tensor.ts';
export {
  SPEC_VERSION,
  createRegistry,
  defineComponent,
  definePlugin,
  describeIssues,
  nodeOf,
  parseOptions,
  type Component,
  type Components,
  type Node,
  type NodeOf,
  type Plugin,
  type Registry,
  type Use,
} from './registry.ts';
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
export { corePlugin } from './plugin.ts';
export { loadPlugins, resolvePlugin } from './plugin-modules.ts';
export * from './tensor.ts';
export { attention, type AttentionOptions } from './ops/attention.ts';
export { batchNormInference, batchNormTraining, type BatchNormResult } from './ops/batch-norm.ts';
export { conv2d, type Conv2dOptions } from './ops/conv2d.ts';
export { crossEntropy, smoothedTargets } from './ops/cross-entropy.ts';
export { gelu, quickGelu } from './ops/gelu.ts';
export { layerNorm } from './ops/layer-norm.ts';
export { linear } from './ops/linear.ts';
export { normalizeRows } from './ops/normalize.ts';
export { oneHot } from './ops/one-hot.ts';
export { relu } from './ops/relu.ts';
export { averagePool2d, maxPool2d } from './ops/pool2d.ts';
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
export { currentBackend, plainProduct, referenceBackend, useBackend } from './backend.ts';
export { clipByNorm, clipEach, gradientNorm } from './optim/clip.ts';
export { movingAverage } from './optim/moving-average.ts';
export { decodeSafetensors, openSafetensors, readSafetensors, type SafetensorsFile } from './files/safetensors-read.ts';
export { encodeSafetensors, writeSafetensors, type SafetensorsOptions } from './files/safetensors-write.ts';
export { writeAtomically, writeFileAtomically } from './files/write-atomically.ts';
export { readElement, type ElementType, type FloatStorage } from './files/element-type.ts';
export type { SafetensorsEntry, SafetensorsHeader } from './files/safetensors-header.ts';
export type * from './kinds/backend.ts';
export type * from './kinds/dataset.ts';
export type * from './kinds/encoder.ts';
export type * from './kinds/head.ts';
export type * from './kinds/logger.ts';
export type * from './kinds/loss.ts';
export type * from './kinds/matrix-product.ts';
export type * from './kinds/model.ts';
export type * from './kinds/optimizer.ts';
export type * from './kinds/protocol.ts';
export type * from './kinds/record.ts';
export type * from './kinds/sampler.ts';
export type * from './kinds/schedule.ts';
export type * from './kinds/scorer.ts';
export type * from './kinds/transform.ts';
