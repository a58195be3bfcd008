// Everything of the core that needs no tensors. It loads at once, while the whole core loads tfjs: threads, tools and data code take this.
export { ReidError, reportProblems, type ErrorCode, type ReidErrorDetails } from './errors.ts';
export { didYouMean, nearestName } from './nearest-name.ts';
export { Random, RandomStream, threefry, type RandomKey } from './random.ts';
export {
  copyHostTensor,
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
export { dequantizeRows, quantizeRows, type QuantizedMatrix, type QuantizeOptions } from './quantized-matrix.ts';
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
  type TypedRegistry,
  type Use,
} from './registry.ts';
export { loadPlugins, resolvePlugin } from './plugin-modules.ts';
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
export { decodeSafetensors, openSafetensors, readSafetensors, type SafetensorsFile } from './files/safetensors-read.ts';
export { openCheckpoint } from './files/open-checkpoint.ts';
export type { CheckpointFile, CheckpointFormat, CheckpointOptions, CheckpointTensor, CheckpointValue } from './files/checkpoint-file.ts';
export type { CheckpointFault } from './files/refuse-checkpoint.ts';
export {
  copySafetensors,
  encodeSafetensors,
  writeSafetensors,
  type CopyOptions,
  type SafetensorsOptions,
  type TensorSource,
} from './files/safetensors-write.ts';
export { isRunning, removePartials, writeAtomically, writeFileAtomically } from './files/write-atomically.ts';
export {
  decodeElements,
  encodeElements,
  findOverflow,
  memoryType,
  readElement,
  type ElementType,
  type FloatStorage,
} from './files/element-type.ts';
export type { SafetensorsEntry, SafetensorsHeader } from './files/safetensors-header.ts';
export type * from './kinds/annotator.ts';
export type * from './kinds/dataset.ts';
export type * from './kinds/logger.ts';
export type * from './kinds/matrix-product.ts';
export type * from './kinds/pair-scorer.ts';
export type * from './kinds/protocol.ts';
export type * from './kinds/record.ts';
export type * from './kinds/reranker.ts';
export type * from './kinds/sampler.ts';
export type * from './kinds/schedule.ts';
export type * from './kinds/scorer.ts';
export type * from './kinds/transform.ts';
