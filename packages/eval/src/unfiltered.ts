import { defineComponent, type Protocol } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { leaveOutNothing } from './gallery-rule.ts';
import { rankingOptions } from './ranking-options.ts';
import { rankingProtocol } from './ranking-protocol.ts';

/** Options of the protocols that leave nothing out. */
const unfilteredOptions = z.strictObject({ ...rankingOptions });

type UnfilteredOptions = z.input<typeof unfilteredOptions>;

function unfiltered(protocol: string, options: UnfilteredOptions, name = protocol): Protocol {
  const { maxRank, ...splits } = unfilteredOptions.parse(options);
  return rankingProtocol({ protocol, name, rule: leaveOutNothing, maxRank }, splits);
}

/**
 * Captions search images: nothing is left out, whatever the camera. A caption of a person whom no image shows is dropped and counted.
 * @see Jiang and Ye, "Cross-Modal Implicit Relation Reasoning and Aligning for Text-to-Image Person Retrieval" (CVPR 2023), section 4.
 */
export const textToImage = (options: UnfilteredOptions = {}): Protocol => unfiltered('text-to-image', options, 'text to image');

/**
 * RegDB: visible and thermal images search each other, nothing is left out. The data set's ten halvings are ten trainings; give the mean of
 * their results.
 * @see Nguyen et al., "Person Recognition System Based on a Combination of Body Images from Visible Light and Thermal Cameras" (Sensors 2017).
 */
export const regdbProtocol = (options: UnfilteredOptions = {}): Protocol => unfiltered('regdb', options);

/**
 * Occluded-ReID, Partial-ReID, Partial-iLIDS: occluded or partial images search whole ones. Query and gallery stand for two cameras, whatever
 * camera numbers the files have, so nothing is left out; papers give rank-1 and rank-3.
 * @see Zhuo et al., "Occluded Person Re-identification" (ICME 2018).
 */
export const occluded = (options: UnfilteredOptions = {}): Protocol => unfiltered('occluded', options, 'occluded, two cameras');

/** `protocol/text-to-image`. */
export const textToImageComponent = defineComponent({
  summary: 'Captions search images; nothing is left out.',
  paper: 'Jiang and Ye, CVPR 2023',
  options: unfilteredOptions,
  build: (options) => textToImage(options),
});

/** `protocol/regdb`. */
export const regdbComponent = defineComponent({
  summary: 'RegDB: visible and thermal images search each other; nothing is left out.',
  paper: 'Nguyen et al., Sensors 2017',
  options: unfilteredOptions,
  build: (options) => regdbProtocol(options),
});

/** `protocol/occluded`. */
export const occludedComponent = defineComponent({
  summary: 'Occluded and partial data: the two sides are two cameras; rank-1 and rank-3.',
  paper: 'Zhuo et al., ICME 2018',
  options: unfilteredOptions,
  build: (options) => occluded(options),
});
