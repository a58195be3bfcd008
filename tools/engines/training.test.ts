import { onnxBackend } from '@reidkit/backend-onnx';
import { referenceBackend, useBackend } from '@reidkit/core-tensor';
import { xlaBackend } from '@reidkit/backend-xla';
import { afterAll, describe, expect, it } from 'vitest';
import { ENCODERS, OPTIMIZERS, train } from './training.fixture.ts';
import { pluginForTests, withoutPlugin } from './xla-for-tests.fixture.ts';

afterAll(() => useBackend(referenceBackend));

const STEPS = 20;
const pairs = (Object.keys(ENCODERS) as (keyof typeof ENCODERS)[]).flatMap((encoder) => (Object.keys(OPTIMIZERS) as (keyof typeof OPTIMIZERS)[]).map((optimizer) => [encoder, optimizer] as const)); // prettier-ignore

// The rates are small: at 0.001 SGD the ResNet's losses leave each other after some steps, and those of one engine, compiled and not, do too.
describe.skipIf(!pluginForTests)(`training on XLA${withoutPlugin}`, () => {
  it.each(pairs)(
    `%s by %s has the losses of ONNX Runtime over ${STEPS} steps`,
    async (encoder, optimizer) => {
      const expected = await train(onnxBackend({ threads: 1 }), encoder, optimizer, STEPS);
      const got = await train(xlaBackend({ plugin: pluginForTests!, cache: false }), encoder, optimizer, STEPS);
      const differences = expected.losses.map((loss, i) => Math.abs(got.losses[i]! - loss) / loss);
      expect(Math.max(...differences)).toBeLessThan(1e-5);
      expect(new Set(got.losses).size).toBe(STEPS);
    },
    300_000,
  );
});
