import { onnxBackend } from '@reidkit/backend-onnx';
import { createRegistry, hostTensor, Random, useBackend } from '@reidkit/core-tensor';
import { conformanceFaults, encoderConformance, lossConformance } from '@reidkit/core-tensor/testing';
import { plugin } from 'reidkit-plugin-stranger/plugin.mjs';

await useBackend(onnxBackend({ threads: 1 }));
const registry = createRegistry(plugin);
const inputs = { embeddings: hostTensor(Random.seed(1).normal(4 * 6), [4, 6]) };
const checks = [
  ...encoderConformance(() => registry.build({ use: 'encoder/stranger-stripes', options: { width: 8 } })),
  ...lossConformance(() => registry.build({ use: 'loss/stranger-spread' }), { inputs, batchInputs: ['embeddings'] }),
];
const faults = await conformanceFaults(checks);
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(1);
}
console.log(`the plugin passes ${checks.length} conformance checks`);
