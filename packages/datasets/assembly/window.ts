// Cutting a window out of a picture that may be mirrored and may end inside the window; what lies outside gets the fill colour.

/** `fill` is 0xBBGGRR. The window's left and top may be negative. */
export function windowBytes(
  source: usize,
  sourceWidth: i32,
  sourceHeight: i32,
  channels: i32,
  mirrored: bool,
  target: usize,
  left: i32,
  top: i32,
  width: i32,
  height: i32,
  fill: i32,
): void {
  for (let y = 0; y < height; y++) {
    const sourceY = y + top;
    const rowInside = sourceY >= 0 && sourceY < sourceHeight;
    const row = source + <usize>(sourceY * sourceWidth * channels);
    for (let x = 0; x < width; x++) {
      const sourceX = mirrored ? sourceWidth - 1 - (x + left) : x + left;
      if (rowInside && sourceX >= 0 && sourceX < sourceWidth) {
        const pixel = row + <usize>(sourceX * channels);
        store<u8>(target, load<u8>(pixel));
        if (channels == 3) {
          store<u8>(target, load<u8>(pixel, 1), 1);
          store<u8>(target, load<u8>(pixel, 2), 2);
        }
      } else {
        store<u8>(target, <u8>fill);
        if (channels == 3) {
          store<u8>(target, <u8>(fill >> 8), 1);
          store<u8>(target, <u8>(fill >> 16), 2);
        }
      }
      target += <usize>channels;
    }
  }
}

function putPixel(target: usize, red: i32, green: i32, blue: i32, values: usize): void {
  store<f32>(target, load<f32>(values + ((<usize>red) << 2)));
  store<f32>(target, load<f32>(values + ((<usize>green) << 2), 1024), 4);
  store<f32>(target, load<f32>(values + ((<usize>blue) << 2), 2048), 8);
}

function putFill(target: usize, end: usize, fill: i32, values: usize): void {
  for (; target < end; target += 12) putPixel(target, fill & 255, (fill >> 8) & 255, (fill >> 16) & 255, values);
}

/** The same for RGB with every byte looked up in `values` `[3, 256]` float32: window and normalisation in one. */
export function windowFloats(
  source: usize,
  sourceWidth: i32,
  sourceHeight: i32,
  mirrored: bool,
  target: usize,
  left: i32,
  top: i32,
  width: i32,
  height: i32,
  fill: i32,
  values: usize,
): void {
  // Columns of the window that lie on the picture: begin up to end.
  const begin = min(max(0, -left), width);
  const end = max(begin, min(width, sourceWidth - left));
  const step: isize = mirrored ? -3 : 3;
  for (let y = 0; y < height; y++) {
    const rowEnd = target + <usize>width * 12;
    const sourceY = y + top;
    if (sourceY < 0 || sourceY >= sourceHeight) {
      putFill(target, rowEnd, fill, values);
    } else {
      putFill(target, target + <usize>begin * 12, fill, values);
      const firstX = mirrored ? sourceWidth - 1 - (begin + left) : begin + left;
      let pixel = source + <usize>((sourceY * sourceWidth + firstX) * 3);
      const insideEnd = target + <usize>end * 12;
      for (let place = target + <usize>begin * 12; place < insideEnd; place += 12) {
        putPixel(place, load<u8>(pixel), load<u8>(pixel, 1), load<u8>(pixel, 2), values);
        pixel += step;
      }
      putFill(insideEnd, rowEnd, fill, values);
    }
    target = rowEnd;
  }
}
