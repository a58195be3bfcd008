import { disposeAll, scoped, tensorMemory, type Tensors } from '../tensor.ts';
import { demand } from './conformance-check.ts';

/** Throws when `f`, run in a scope as every step is, leaves tensors behind beside those that it returns. */
export function demandNoLeak(what: string, f: () => Tensors): void {
  disposeAll(scoped(f)); // constants that are made once may stay
  const before = tensorMemory().numTensors;
  disposeAll(scoped(f));
  const left = tensorMemory().numTensors - before;
  demand(left === 0, `${what} leaks ${left} tensor${left === 1 ? '' : 's'} with every call.`);
}
