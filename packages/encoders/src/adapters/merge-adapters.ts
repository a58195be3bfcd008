import { modulePlaces, type Module } from '@reidkit/core-tensor';
import { WrappedLayer } from './wrapped-layer.ts';

/**
 * Puts every adapter of a model that can be merged into the weights that it stands on, for good: the model then has the names and the cost of
 * one without them. Gives the paths of the layers that it was done at; other adapters stay.
 */
export async function mergeAdapters(model: Module): Promise<readonly string[]> {
  const merged: string[] = [];
  for (const place of [...modulePlaces(model)]) {
    const layer = place.current();
    const inner = layer instanceof WrappedLayer ? await layer.merge() : undefined;
    if (!inner) continue;
    place.replace(inner);
    merged.push(place.path);
  }
  return merged;
}
