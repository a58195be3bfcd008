import { ALBEF_TABLE } from './albef.ts';
import { CLIP_HF_TABLE } from './clip-hf.ts';
import { CLIP_REID_RESNET_TABLE, CLIP_REID_VIT_TABLE } from './clip-reid.ts';
import { CLIP_RESNET_TABLE } from './clip-resnet.ts';
import { CLIP_VIT_TABLE } from './clip-vit.ts';
import type { KeyTable } from './key-table.ts';
import { OSNET_TABLE } from './osnet.ts';
import { PASS_TABLE } from './pass.ts';
import { RESNET_TABLES } from './resnet.ts';
import { SAM_TABLE } from './sam.ts';
import { TRANSREID_TABLE } from './transreid.ts';
import { VIT_TABLE } from './vit.ts';

/** Every form of checkpoint that is recognised; the first whose marks are there is taken. */
export const KEY_TABLES: readonly KeyTable[] = [
  CLIP_VIT_TABLE,
  CLIP_RESNET_TABLE,
  CLIP_HF_TABLE,
  CLIP_REID_VIT_TABLE,
  CLIP_REID_RESNET_TABLE,
  ALBEF_TABLE,
  TRANSREID_TABLE,
  PASS_TABLE,
  VIT_TABLE,
  OSNET_TABLE,
  SAM_TABLE,
  ...RESNET_TABLES,
];
