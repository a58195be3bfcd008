export { onnxBackend, type OnnxBackendOptions } from './onnx-backend.ts';
export type { WeightStorage } from './graph-engine.ts';
export { matrixProduct } from './matrix-product.ts';
