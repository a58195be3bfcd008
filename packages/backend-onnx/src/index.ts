export { onnxBackend, type OnnxBackendOptions } from './onnx-backend.ts';
export { matrixProduct } from './matrix-product.ts';
