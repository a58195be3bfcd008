import { referenceBackend, useBackend } from '@reidkit/core-tensor';
import { backendConformance } from '@reidkit/core-tensor/testing';
import { afterAll, describe, it } from 'vitest';
import { onnxBackend } from './onnx-backend.ts';

afterAll(() => useBackend(referenceBackend));

describe.each([1, 2])('onnxBackend with %i threads keeps the contract of engines:', (threads) => {
  for (const { title, check } of backendConformance(() => onnxBackend({ threads }))) it(title, check);
});
