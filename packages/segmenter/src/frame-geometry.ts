import type { Box, PictureSize } from '@reidkit/core-tensor';
import type { FramePlace } from './resize-maps.ts';

/** Size of a frame whose longer side becomes `side` pixels, each side rounded to the nearest pixel, at least one. */
export function longestSideSize({ width, height }: PictureSize, side: number): PictureSize {
  const scale = side / Math.max(width, height);
  const rounded = (length: number): number => Math.max(1, Math.trunc(length * scale + 0.5));
  return { width: rounded(width), height: rounded(height) };
}

/** A place x, y in pixels. */
export type Place = readonly [x: number, y: number];

/** How a frame lies in the square input of a model: shrunk or grown to its longer side, in the upper left corner. */
export class FrameGeometry {
  /** Size of the frame itself. */
  readonly frame: PictureSize;
  /** Size of the frame in the input. */
  readonly shown: PictureSize;
  /** Side of the square input in pixels. */
  readonly side: number;

  constructor(frame: PictureSize, side: number) {
    this.frame = frame;
    this.shown = longestSideSize(frame, side);
    this.side = side;
  }

  /** Sizes for `mapsOnFrame`, as height and width. */
  get place(): FramePlace {
    const { frame, shown, side } = this;
    return { padded: [side, side], shown: [shown.height, shown.width], frame: [frame.height, frame.width] };
  }

  /** A place of the frame in the input; each axis has its own scale, because sizes are rounded. */
  placeOnInput([x, y]: Place): Place {
    return [(x * this.shown.width) / this.frame.width, (y * this.shown.height) / this.frame.height];
  }

  /** A box of the frame in the input. */
  boxOnInput([x0, y0, x1, y1]: Box): Box {
    return [...this.placeOnInput([x0, y0]), ...this.placeOnInput([x1, y1])];
  }

  /** A box of the input in the frame. */
  boxOnFrame([x0, y0, x1, y1]: Box): Box {
    const [across, down] = [this.frame.width / this.shown.width, this.frame.height / this.shown.height];
    return [x0 * across, y0 * down, x1 * across, y1 * down];
  }
}
