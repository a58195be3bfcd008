import { ReidError, type ErrorCode } from '@reidkit/core-tensor/base';
import type { BatchTask, MadeBatch } from './batch-task.ts';

/** To a worker: make this batch. */
export interface TaskMessage {
  readonly id: number;
  readonly task: BatchTask;
}

/** An error as plain data; `code` is absent for errors that are no ReidError. */
export interface PlainError {
  readonly code?: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly stack?: string;
}

/** From a worker: a batch, or why there is none. */
export type ResultMessage = { readonly id: number; readonly made: MadeBatch } | { readonly id: number; readonly error: PlainError };

/** An error as data that can be sent to another thread. */
export function toPlainError(error: unknown): PlainError {
  if (ReidError.is(error)) {
    const { code, hint, message } = error;
    // The hint is the end of the message; the receiver puts it there again.
    return hint === undefined ? { code, message } : { code, hint, message: message.slice(0, -`\n  hint: ${hint}`.length) };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return stack === undefined ? { message } : { message, stack };
}

/** The error again. */
export function fromPlainError({ code, message, hint, stack }: PlainError): Error {
  if (code) return new ReidError(code, message, hint === undefined ? {} : { hint });
  const error = new Error(message);
  if (stack) error.stack = stack;
  return error;
}
