import { Parameter, type Context, type Head, type Tensor } from '@reidkit/core-tensor';

/**
 * Runs one head on several inputs of a step, one after another: its running statistics follow each of them, as those of a torch module do that is
 * called several times. `[B, D]` each → `[B, E]` each.
 */
export function inTurn(head: Head, inputs: readonly Tensor[], ctx: Context): Tensor[] {
  const now = new Map<Parameter, Tensor>();
  const noting: Context = {
    ...ctx,
    update: (buffer, value) => {
      now.set(buffer, value);
      ctx.update(buffer, value);
    },
  };
  return inputs.map((x) => Parameter.borrow([...now], () => head.forward(x, noting)));
}
