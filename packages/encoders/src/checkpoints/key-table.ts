/**
 * Shapes by name, in letters: `'W 3 P P'`, `'3W W'`, `''` for a scalar, `'*'` for any length. A capital letter is one length in the whole
 * file, a small one inside of what fills the name's holes.
 */
export type TensorShapes = Readonly<Record<string, string>>;

/** The tensors of an architecture under the names that this package gives them, which are those of its first publication. */
export interface Layout {
  readonly id: string;
  /** Tensors that must be there; those with holes for every number from 0 to the largest. */
  readonly tensors: TensorShapes;
  /** Tensors that may be there. */
  readonly optional?: TensorShapes;
  /** Tensors that are left out; `*` stands for any text. */
  readonly ignored?: readonly string[];
  /** Sizes by name: a letter, or `#blocks.{}` for how many there are. */
  readonly sizes: Readonly<Record<string, string>>;
}

/** How one of our tensors is called elsewhere. */
export interface Rename {
  readonly ours: string;
  /** Several stand below each other in ours, in this order. */
  readonly theirs: string | readonly string[];
  /** Whether theirs has rows and columns exchanged. Default: false. */
  readonly turned?: boolean;
}

/** Names under which an architecture is published, and how files of it are recognised. */
export interface KeyTable {
  readonly id: string;
  /** What a file of it is, for people. */
  readonly title: string;
  readonly layout: Layout;
  /** Names that each must be there, as the file has them. */
  readonly marks: readonly string[];
  /** Names of which none may be there. */
  readonly without?: readonly string[];
  /** What may stand before every name of it, while other names stand beside. Default: nothing. */
  readonly prefixes?: readonly string[];
  /** Names that differ from ours. Default: none, all names are the same. */
  readonly renames?: readonly Rename[];
  /** Names of the file that are left out; `*` stands for any text. */
  readonly ignored?: readonly string[];
}

/** Weight and bias of one width each: a layer norm. */
export const norm = (name: string, width: string): TensorShapes => ({ [`${name}.weight`]: width, [`${name}.bias`]: width });

/** Weight and bias of a linear layer or a convolution. */
export const linear = (name: string, outputs: string, inputs: string): TensorShapes => ({
  [`${name}.weight`]: `${outputs} ${inputs}`,
  [`${name}.bias`]: outputs,
});

/** Tensors of a batch norm, without its counter. */
export const batchNorm = (name: string, width: string): TensorShapes => ({
  ...norm(name, width),
  [`${name}.running_mean`]: width,
  [`${name}.running_var`]: width,
});

/** The same tensors inside of something. */
export const under = (prefix: string, tensors: TensorShapes): TensorShapes =>
  Object.fromEntries(Object.entries(tensors).map(([name, shape]) => [`${prefix}.${name}`, shape]));

/** Counters of batches, which nothing needs. */
export const COUNTERS = '*num_batches_tracked';
