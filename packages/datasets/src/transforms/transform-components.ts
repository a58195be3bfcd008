import { centerCrop } from './center-crop.ts';
import { colorJitter } from './color-jitter.ts';
import { flip } from './flip.ts';
import { normalize } from './normalize.ts';
import { padCrop } from './pad-crop.ts';
import { padSquare } from './pad-square.ts';
import { randomErasing } from './random-erasing.ts';
import { resize } from './resize.ts';
import { solidErasing } from './solid-erasing.ts';

/** The transforms of this package by id: a table of its own, because loader threads need nothing else. */
export const transformComponents = {
  'transform/center-crop': centerCrop,
  'transform/color-jitter': colorJitter,
  'transform/flip': flip,
  'transform/normalize': normalize,
  'transform/pad-crop': padCrop,
  'transform/pad-square': padSquare,
  'transform/random-erasing': randomErasing,
  'transform/resize': resize,
  'transform/solid-erasing': solidErasing,
};
