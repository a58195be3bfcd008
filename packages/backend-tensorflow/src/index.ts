export { tensorflowBackend, type TensorflowBackendOptions } from './tensorflow-backend.ts';
export type { TfjsNodePackage } from './load-tfjs-node.ts';
