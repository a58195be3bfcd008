import type { Context } from '../context.ts';
import type { Tensor, Tensors } from '../tensor.ts';

/** Where a loss finds an input: a name in one of the namespaces `outputs`, `batch`, `state`, `artefact`, such as `outputs.global`. */
export type InputName = `${'outputs' | 'batch' | 'state' | 'artefact'}.${string}`;

/**
 * Kind `loss`: a scalar to make small. It declares its inputs with the names where they are usually found; a recipe may point each of them
 * elsewhere (`reads: { embeddings: 'outputs.regions' }`), which is what lets any loss meet any model. A loss with learned state is a Module too.
 */
export interface Loss {
  /** Its inputs and where they are found unless the recipe says otherwise. */
  readonly reads: Readonly<Record<string, InputName>>;
  /** The loss `[]` of the inputs by their own names. Throws SHAPE_MISMATCH. */
  compute(inputs: Tensors, ctx: Context): Tensor;
  /** For one that stands for several: one for each part of a model, called NAME1, NAME2 and so on. */
  readonly perPart?: (parts: number) => readonly Loss[];
}
