import { defineComponent, type Component, type DatasetReader } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import type { CropLayout } from './crop-layout.ts';
import { cropOptions } from './crop-options.ts';
import { readCrops } from './read-crops.ts';

const options = z.strictObject(cropOptions);

/** What is said about a data set. */
export interface CropFacts {
  readonly summary: string;
  /** Link to the paper that it comes from. */
  readonly paper: string;
}

/** The component of a data set that needs nothing but its layout. */
export function cropComponent(layout: CropLayout, facts: CropFacts): Component<typeof options, DatasetReader> {
  return defineComponent({
    ...facts,
    options,
    build: (chosen): DatasetReader => ({ name: layout.name, read: () => readCrops(layout, chosen) }),
  });
}
