import type { Box, Picture, PictureSize, Sample } from '@reidkit/core-tensor/base';
import type { AffineMap } from '../pipeline/affine-map.ts';
import { unreadableImage } from '../image/unreadable-image.ts';

/** Whole pixels of a picture, right and lower edge outside. */
interface Region extends PictureSize {
  readonly left: number;
  readonly top: number;
}

/** The whole pixels that a box touches, inside the picture. Throws IMAGE_UNREADABLE when there are none. */
function regionOf(box: Box, { width, height }: PictureSize, file: string): Region {
  const [x0, y0, x1, y1] = box;
  const [left, top] = [Math.max(0, Math.floor(x0)), Math.max(0, Math.floor(y0))];
  const region = { left, top, width: Math.min(width, Math.ceil(x1)) - left, height: Math.min(height, Math.ceil(y1)) - top };
  if (region.width > 0 && region.height > 0) return region;
  throw unreadableImage(file, `the box ${box.join(', ')} lies outside of its ${width} by ${height} pixels (width by height)`);
}

function cutPicture({ width, channels, data }: Picture, { left, top, ...size }: Region): Picture {
  const row = size.width * channels;
  const cut = new Uint8Array(row * size.height);
  for (let y = 0; y < size.height; y++) {
    const begin = ((top + y) * width + left) * channels;
    cut.set(data.subarray(begin, begin + row), y * row);
  }
  return { ...size, channels, data: cut };
}

/** The part of a sample that a box shows: pixels that the box touches, masks and boxes with them. Throws IMAGE_UNREADABLE for a box outside. */
export function cutSample({ image, masks = {}, boxes = {} }: Sample, box: Box, file: string): Sample {
  const region = regionOf(box, image, file);
  const { left, top } = region;
  return {
    image: cutPicture(image, region),
    masks: Object.fromEntries(Object.entries(masks).map(([name, mask]) => [name, cutPicture(mask, region)])),
    boxes: Object.fromEntries(
      Object.entries(boxes).map(([name, [x0, y0, x1, y1]]): [string, Box] => [name, [x0 - left, y0 - top, x1 - left, y1 - top]]),
    ),
  };
}

/** A map to pixels of a cut, as one to pixels of the whole frame. */
export function beforeCut([a, b, c, d, e, f]: AffineMap, [x0, y0]: Box): AffineMap {
  return [a, b, c + Math.max(0, Math.floor(x0)), d, e, f + Math.max(0, Math.floor(y0))];
}
