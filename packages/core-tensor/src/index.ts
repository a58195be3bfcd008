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
export type * from './kinds/dataset.ts';
export type * from './kinds/matrix-product.ts';
export type * from './kinds/protocol.ts';
export type * from './kinds/record.ts';
export type * from './kinds/sampler.ts';
export type * from './kinds/scorer.ts';
export type * from './kinds/transform.ts';
