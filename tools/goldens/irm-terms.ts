import type { HostTensor, Recipe } from '@reidkit/core-tensor';

/** Names of the losses in the cases and in the recipe. */
export const IRM_TERMS = {
  ce: 'identity', ce_bio: 'identityBio', ce_clot: 'identityClot', tri: 'triplet', tri_bio: 'tripletBio', tri_clot: 'tripletClot', total: 'total',
}; // prettier-ignore

/** Rows of two lists side by side: `[B, D]` each. */
export function concatRows(first: HostTensor, second: HostTensor): number[] {
  const [rows, width] = first.shape as [number, number];
  return Array.from({ length: rows }, (_, row) => [first, second].flatMap(({ data }) => [...data.slice(row * width, (row + 1) * width)])).flat();
}

/** The stage of a recipe with one task, its triplets with the options of a case and all losses times a factor; batches bring their instructions. */
export function irmStages(recipe: Recipe, triplet: object, factor: (name: string, weight: number) => number = (_name, weight) => weight): Recipe['stages'] {
  const stage = recipe.stages[0]!;
  const losses = Object.values(stage.tasks)[0]?.losses ?? stage.losses;
  return [
    {
      ...stage,
      streams: ['main'],
      tasks: {},
      pass: 'main',
      frozen: [],
      losses: Object.fromEntries(
        Object.entries(losses).map(([name, loss]) => {
          const options = loss.use === 'loss/adaptive-triplet' ? { ...(loss.options as object), ...triplet } : loss.options;
          return [name, { ...loss, ...(options === undefined ? {} : { options }), weight: factor(name, loss.weight) }];
        }),
      ),
    },
  ];
}

/** Streams of a recipe whose batches lie in memory and bring what `given` names. */
export function givenStreams(recipe: Recipe, given: readonly string[]): Recipe['streams'] {
  const stream = Object.values(recipe.streams)[0]!;
  return { main: { ...stream, transforms: [], fields: { given: [...given] } } };
}
