/** What went wrong, for programs: part of the API, listed in the docs. */
export type ErrorCode =
  | 'BACKEND_UNAVAILABLE'
  | 'CHECKPOINT_MISMATCH'
  | 'DATASET_INVALID'
  | 'FILE_EXISTS'
  | 'FILE_INVALID'
  | 'FILE_NOT_FOUND'
  | 'IMAGE_UNREADABLE'
  | 'INTERRUPTED'
  | 'INVALID_ARGUMENT'
  | 'INVALID_OPTIONS'
  | 'KERNEL_UNSUPPORTED'
  | 'NON_FINITE_LOSS'
  | 'NOT_PURE'
  | 'PLUGIN_CONFLICT'
  | 'PLUGIN_UNSUPPORTED'
  | 'PROTOCOL_IMPOSSIBLE'
  | 'RECIPE_INVALID'
  | 'SAVE_FAILED'
  | 'SHAPE_MISMATCH'
  | 'UNINITIALIZED'
  | 'UNKNOWN_COMPONENT'
  | 'UNKNOWN_NAME'
  | 'VALUE_READ'
  | 'WORKER_FAILED';

const MARKER = Symbol.for('reidkit.error');

/** What an error may carry beside its message. */
export interface ReidErrorDetails {
  /** What the reader can do about it. */
  readonly hint?: string;
  /** Which rule was broken, for programs, where one code covers several. */
  readonly reason?: string;
  readonly cause?: unknown;
}

/**
 * Every error thrown on purpose: `code` is for programs, `message` for people (where, expected, got), `hint` says what to do.
 *
 * @example
 * ```ts
 * import { ReidError } from '@reidkit/core-tensor';
 * const error = new ReidError('SHAPE_MISMATCH', 'Linear expected [..., 768], got [2, 512].', { hint: 'check the encoder width.' });
 * console.assert(ReidError.is(error) && error.code === 'SHAPE_MISMATCH');
 * ```
 */
export class ReidError extends Error {
  override readonly name = 'ReidError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly reason: string | undefined;

  constructor(code: ErrorCode, message: string, { hint, reason, cause }: ReidErrorDetails = {}) {
    super(hint ? `${message}\n  hint: ${hint}` : message, { cause });
    this.code = code;
    this.hint = hint;
    this.reason = reason;
    Object.defineProperty(this, MARKER, { value: true });
  }

  /** Tells a ReidError from any other value; works across two copies of this package, where `instanceof` does not. */
  static is(error: unknown): error is ReidError {
    return typeof error === 'object' && error !== null && MARKER in error;
  }
}

/** Writes several problems as one error: a headline and a line each. */
export function reportProblems(code: ErrorCode, headline: string, problems: readonly string[], details?: ReidErrorDetails): ReidError {
  return new ReidError(code, [headline, ...problems.map((problem) => `  - ${problem}`)].join('\n'), details);
}
