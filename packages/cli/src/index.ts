export * from '@reidkit/core-tensor';
export * from '@reidkit/backend-onnx';
export * from '@reidkit/datasets';
export * from '@reidkit/encoders';
export * from '@reidkit/eval';
export * from '@reidkit/losses';
export * from '@reidkit/recipes';
export * from '@reidkit/trainer';
export { builtInPlugins } from './plugins.ts';
