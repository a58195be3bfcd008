import { describe, expect, it } from 'vitest';
import { failureReason, type KnownFailures, outdated, readKnownFailures, skipReason } from './known-failures.ts';
import type { Outcome } from './run-suite.ts';

const known: KnownFailures = {
  skipped: [{ reason: 'texts', pattern: 'stringSplit' }],
  failures: [{ reason: 'the last digit', engines: ['onnx'], tests: ['tan of much', 'tan of little'] }],
};
const outcome = (engine: string, test: string, status: Outcome['status']): Outcome => ({ engine, test, status, messages: [] });

describe('known failures of tfjs-core’s tests', () => {
  it('are found by engine and name', () => {
    expect(failureReason(known, { engine: 'onnx', test: 'tan of much' })).toBe('the last digit');
    expect(failureReason(known, { engine: 'onnx, every call', test: 'tan of much' })).toBeUndefined();
    expect(failureReason(known, { engine: 'onnx', test: 'tan' })).toBeUndefined();
  });

  it('are outdated where a listed test passes or is gone', () => {
    expect(outdated(known, [outcome('onnx', 'tan of much', 'failed'), outcome('onnx', 'tan of little', 'passed')])).toEqual(['onnx: tan of little']); // prettier-ignore
    expect(outdated(known, [outcome('onnx', 'tan of much', 'failed')])).toEqual(['onnx: tan of little']);
    expect(outdated(known, [outcome('tfjs cpu', 'tan of much', 'passed')])).toEqual([]);
  });

  it('leave out tests by name, and the committed list leaves out no test of throwing', () => {
    expect(skipReason(known, 'stringSplit of nothing')).toBe('texts');
    expect(skipReason(readKnownFailures(), 'abs throws for string tensor')).toBeUndefined();
    expect(skipReason(readKnownFailures(), '1D RFFT of zeros')).toMatch(/Fourier/);
  });
});
