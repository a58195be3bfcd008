import type { Module } from '../module.ts';

/** What {@link Adapter.attach} did. */
export interface AttachedAdapter {
  /** Paths of the parameters that it added to the tree; recipes train these and freeze the rest. */
  readonly added: readonly string[];
  /**
   * Puts what was learned into the weights that were there before and takes itself out of the tree: afterwards the module has the
   * names it had before and computes the same. Absent where that is impossible.
   */
  readonly merge?: () => void;
  /** Takes itself out again; the module is as it was before. */
  readonly detach: () => void;
}

/**
 * Kind `adapter`: a small part with parameters of its own that is put into an encoder (or any module) which does not know of it. It is
 * attached before parameters are filled or read; the names of all that was there before stay.
 */
export interface Adapter {
  /** Throws UNKNOWN_NAME when it finds no place in the module, listing those there are. */
  attach(module: Module): AttachedAdapter;
}
