import { cropComponent } from '../crop-component.ts';
import { OCCLUDED_DUKE } from './market-layouts.ts';

/**
 * `dataset/occluded-duke`. DukeMTMC-reID in other splits: every query is occluded. Miao et al., "Pose-Guided Feature Alignment for Occluded
 * Person Re-Identification", ICCV 2019; the images are those of DukeMTMC-reID, which was withdrawn.
 */
export const occludedDuke = cropComponent(OCCLUDED_DUKE, {
  summary: 'Occluded-Duke: DukeMTMC-reID in splits with occluded queries; its images were withdrawn in 2019.',
  paper: 'https://doi.org/10.1109/ICCV.2019.00063',
});
