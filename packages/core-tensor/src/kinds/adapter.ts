import type { Module } from '../module.ts';

/** What {@link Adapter.attach} did. */
export interface AttachedAdapter<M extends Module = Module> {
  /** What to use from now on in place of the module: the same one, unless the adapter had to be put around it. */
  readonly module: M;
  /** Paths of the parameters that it added to the tree; recipes train these and freeze the rest. */
  readonly added: readonly string[];
  /**
   * Puts what was learned into the weights that were there before and takes itself out of the tree: afterwards the module has the
   * names it had before and computes the same. Gives what takes that back, bit for bit; it keeps the old weights until then. Absent where
   * merging is impossible.
   */
  readonly merge?: () => Promise<() => void>;
  /**
   * Takes itself out again and frees what it added; the module that was given is as it was before. Throws INVALID_ARGUMENT when another
   * adapter sits on it.
   */
  readonly detach: () => void;
}

/**
 * Kind `adapter`: a small part with parameters of its own that is put into an encoder (or any module) which does not know of it. It is
 * attached before parameters are filled or read; the names of all that was there before stay.
 */
export interface Adapter {
  /** Throws UNKNOWN_NAME when it finds no place in the module, listing those there are. */
  attach<M extends Module>(module: M): AttachedAdapter<M>;
}
