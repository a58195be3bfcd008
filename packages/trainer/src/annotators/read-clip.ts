import { checkStateDict, type HostTensors, openCheckpoint, ReidError } from '@reidkit/core-tensor';
import {
  Clip,
  clipText,
  type ClipTextTransformer,
  type ClipVisionTransformer,
  clipVision,
  readWeights,
  recognizeCheckpoint,
} from '@reidkit/encoders';
import type { ClipPartsOptions } from './clip-parts-options.ts';

/** A CLIP with its numbers, its image side in the dense form. */
export interface ReadClip {
  readonly clip: Clip;
  readonly visual: ClipVisionTransformer;
  readonly text: ClipTextTransformer;
  /** Numbers by path of `clip`. */
  readonly tensors: HostTensors;
  /** What the file is. */
  readonly title: string;
}

/** Layouts of key tables that have both sides, the image side a vision transformer. */
const WHOLE = 'clip-vit';

async function sizesOf(path: string): Promise<{ readonly title: string; readonly size: (name: string) => number }> {
  const file = await openCheckpoint(path);
  try {
    const { table, title, report } = recognizeCheckpoint(file);
    if (table?.layout.id !== WHOLE) {
      throw new ReidError('CHECKPOINT_MISMATCH', `"${path}" is ${title}; expected a whole CLIP with a vision transformer.`, {
        hint: "take OpenAI's ViT-B-16.pt or the like, or a folder of Hugging Face; `reidkit inspect` says what a file is.",
      });
    }
    return { title, size: (name) => report.sizes[name]! };
  } finally {
    await file.close();
  }
}

/** Reads any CLIP with a vision transformer, of the sizes that the file has. Throws FILE_NOT_FOUND, FILE_INVALID or CHECKPOINT_MISMATCH. */
export async function readClip({ weights, imageSize, heads, textHeads }: ClipPartsOptions): Promise<ReadClip> {
  const { title, size } = await sizesOf(weights);
  const headsOf = (width: number): number => Math.max(1, Math.floor(width / 64));
  const visual = clipVision({
    imageSize,
    patch: size('patch'),
    width: size('width'),
    depth: size('depth'),
    heads: heads ?? headsOf(size('width')),
    projectedWidth: size('projectedWidth'),
    valueOnly: true,
  });
  const text = clipText({
    width: size('textWidth'),
    depth: size('textDepth'),
    heads: textHeads ?? headsOf(size('textWidth')),
    summaryWidth: size('projectedWidth'),
    length: size('length'),
    vocabulary: size('vocabulary'),
  });
  const clip = new Clip({ visual, text });
  const { tensors } = await readWeights(weights, clip);
  checkStateDict(clip, tensors, { source: weights });
  return { clip, visual, text, tensors, title };
}
