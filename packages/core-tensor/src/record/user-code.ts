/** Lines of a stack that are not the user's: this package, the tensor library below it, and Node. */
const INNER =
  /node:internal|<anonymous>|@tensorflow[\\/]|tfjs-(?:core|backend|layers|converter)|core-tensor[\\/](?:src[\\/](?!.*\.test\.ts)|dist[\\/])/;

/** Where in the user's code the call at hand comes from (`file:line:column`), when that can be told. */
export function userCode(): string | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 100;
  const lines = (new Error('place').stack ?? '').split('\n').slice(1);
  Error.stackTraceLimit = stackTraceLimit;
  const line = lines.find((text) => !INNER.test(text));
  return line
    ?.trim()
    .replace(/^at (?:async )?/, '')
    .replace(/file:\/\//, '');
}

/** The same as words for a message. */
export const atUserCode = (place: string | undefined): string => (place ? ` at ${place}` : '');
