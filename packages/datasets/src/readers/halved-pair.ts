import { defineComponent, type Component, type Dataset, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import type { CropFacts } from './crop-component.ts';
import type { CropLayout, CropSource } from './crop-layout.ts';
import { cropOptions } from './crop-options.ts';
import { drawTraining } from './draw-training.ts';
import { listSource, openCrops } from './read-crops.ts';

const options = z.strictObject({
  ...cropOptions,
  trial: z.number().int().min(0).max(99).default(0).describe('which random halving; average over ten'),
  swap: z.boolean().default(false).describe('queries from the second camera and the gallery from the first'),
});

type Options = z.output<typeof options>;

/** Two cameras with folders of their own, and people in random halves. */
export interface HalvedPair {
  /** The sources are the two cameras, the first with the queries; their splits are not used. */
  readonly layout: CropLayout;
  /** How many of the people before both cameras are for training. */
  readonly training: (people: number) => number;
  /** Largest number that means the same person under both cameras. */
  readonly lastCommon?: number;
}

function identitiesIn(files: readonly string[], { folder }: CropSource, pattern: RegExp): number[] {
  return files.flatMap((file) => {
    const groups = pattern.exec(file.slice(folder.length + 1))?.groups;
    return groups ? [Number(groups.identity)] : [];
  });
}

async function read({ layout, training, lastCommon = Infinity }: HalvedPair, { root, sidecar, trial, swap }: Options): Promise<Dataset> {
  const gathering = await openCrops({ ...layout, version: `trial ${trial}${swap ? ', swapped' : ''}` }, root);
  const cameras = swap ? [...layout.sources].reverse() : layout.sources;
  const files: string[][] = [];
  for (const source of cameras) files.push(await listSource(source, gathering));
  const [queried, others] = cameras.map((source, i) => new Set(identitiesIn(files[i]!, source, layout.pattern)));
  const both = [...queried!].filter((identity) => identity <= lastCommon && others!.has(identity));
  const taught = drawTraining(both, training(both.length), trial);
  const tested = new Set(both.filter((identity) => !taught.has(identity)));
  for (const [i, source] of cameras.entries()) {
    const strangers = new Set([...others!].filter((identity) => !taught.has(identity)));
    for (const file of files[i]!) {
      gathering.add(file, { ...source, split: 'train', identities: taught });
      gathering.add(file, { ...source, split: i === 0 ? 'query' : 'gallery', identities: i === 0 ? tested : strangers });
    }
  }
  return gathering.finish({ sidecar });
}

/** The component of such a data set. */
export function halvedPair(pair: HalvedPair, facts: CropFacts): Component<typeof options, DatasetReader> {
  return defineComponent({
    ...facts,
    options,
    build: (chosen): DatasetReader => ({ name: pair.layout.name, read: () => read(pair, chosen) }),
  });
}
