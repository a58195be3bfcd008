import { cuhkPedes, icfgPedes, rstpreid } from './caption-sets.ts';
import { cocasPlus } from './cocas-plus.ts';
import { cuhkSysu } from './cuhk-sysu.ts';
import { cuhkSysuCrops } from './cuhk-sysu-crops.ts';
import { instructReid } from './instruct-reid.ts';
import { personSegReid, prw } from './prw.ts';

/** Readers of data sets of frames, captions and instructions. */
export const annotatedSets = {
  'dataset/cocas-plus': cocasPlus,
  'dataset/cuhk-pedes': cuhkPedes,
  'dataset/cuhk-sysu': cuhkSysu,
  'dataset/cuhk-sysu-crops': cuhkSysuCrops,
  'dataset/icfg-pedes': icfgPedes,
  'dataset/instruct-reid': instructReid,
  'dataset/person-seg-reid': personSegReid,
  'dataset/prw': prw,
  'dataset/rstpreid': rstpreid,
};
