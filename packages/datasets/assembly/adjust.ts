// Changes of colour on RGB bytes, in place, with the roundings of Pillow: sums in float32 where its C code has floats, clipped and truncated.

function greyOf(pixel: usize): i32 {
  return (19595 * <i32>load<u8>(pixel) + 38470 * <i32>load<u8>(pixel, 1) + 7471 * <i32>load<u8>(pixel, 2) + 32768) >> 16;
}

/** Sum of the grey values of all pixels. */
export function sumGrey(pixels: usize, count: i32): f64 {
  let total: i64 = 0;
  for (const end = pixels + <usize>count * 3; pixels < end; pixels += 3) total += greyOf(pixels);
  return <f64>total;
}

/** Replaces every byte by its entry in a table of 256. */
export function lookUp(bytes: usize, count: i32, table: usize): void {
  for (const end = bytes + <usize>count; bytes < end; bytes++) store<u8>(bytes, load<u8>(table + <usize>load<u8>(bytes)));
}

/** One byte blended from `base` towards `value`. */
export function blend(base: i32, value: i32, factor: f32): i32 {
  const mixed = <f32>base + factor * <f32>(value - base);
  return mixed <= 0 ? 0 : mixed >= 255 ? 255 : <i32>mixed;
}

/** Blends every pixel from its grey value. */
export function saturate(pixels: usize, count: i32, factor: f32): void {
  for (const end = pixels + <usize>count * 3; pixels < end; pixels += 3) {
    const grey = greyOf(pixels);
    store<u8>(pixels, <u8>blend(grey, load<u8>(pixels), factor));
    store<u8>(pixels, <u8>blend(grey, load<u8>(pixels, 1), factor), 1);
    store<u8>(pixels, <u8>blend(grey, load<u8>(pixels, 2), factor), 2);
  }
}

function hueOf(red: i32, green: i32, blue: i32, high: i32, low: i32): i32 {
  const spread = <f32>(high - low);
  const fromRed = <f32>(high - red) / spread;
  const fromGreen = <f32>(high - green) / spread;
  const fromBlue = <f32>(high - blue) / spread;
  let hue: f32;
  if (red == high) hue = fromBlue - fromGreen;
  else if (green == high) hue = <f32>(2.0 + <f64>fromRed - <f64>fromBlue);
  else hue = <f32>(4.0 + <f64>fromGreen - <f64>fromRed);
  const turns = <f64>hue / 6.0 + 1.0;
  return min(255, <i32>(<f64>(<f32>(turns - NativeMath.floor(turns))) * 255.0));
}

function nearest(x: f64): u8 {
  return <u8>NativeMath.floor(x + 0.5);
}

function putColour(pixel: usize, hue: i32, saturation: i32, value: i32): void {
  const turns = (<f64>hue * 6.0) / 255.0;
  const sector = <i32>turns;
  const rest = <f64>(<f32>(turns - <f64>sector));
  const strength = <f64>(<f32>(<f64>saturation / 255.0));
  const v = <u8>value;
  const p = nearest(<f64>value * (1.0 - strength));
  const q = nearest(<f64>value * (1.0 - strength * rest));
  const t = nearest(<f64>value * (1.0 - strength * (1.0 - rest)));
  const sixth = sector % 6;
  store<u8>(pixel, sixth == 0 || sixth == 5 ? v : sixth == 1 ? q : sixth == 4 ? t : p);
  store<u8>(pixel, sixth == 1 || sixth == 2 ? v : sixth == 0 ? t : sixth == 3 ? q : p, 1);
  store<u8>(pixel, sixth == 3 || sixth == 4 ? v : sixth == 2 ? t : sixth == 5 ? q : p, 2);
}

/** Turns the hue of every pixel, 0 to 255 for the whole circle. */
export function turnHue(pixels: usize, count: i32, shift: i32): void {
  for (const end = pixels + <usize>count * 3; pixels < end; pixels += 3) {
    const red = <i32>load<u8>(pixels);
    const green = <i32>load<u8>(pixels, 1);
    const blue = <i32>load<u8>(pixels, 2);
    const high = max(red, max(green, blue));
    const low = min(red, min(green, blue));
    // Without colour the hue is of no account: Pillow writes the value three times.
    if (high == low) continue;
    const saturation = <i32>(<f64>(<f32>(high - low) / <f32>high) * 255.0);
    if (saturation == 0) {
      store<u8>(pixels, <u8>high);
      store<u8>(pixels, <u8>high, 1);
      store<u8>(pixels, <u8>high, 2);
    } else putColour(pixels, (hueOf(red, green, blue, high, low) + shift) & 255, saturation, high);
  }
}
