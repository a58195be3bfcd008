import type { Light } from './lighting.ts';
import type { Projected } from './projection.ts';

/** Writes the light that a sample of a solid sends to the camera: linear red, green and blue. */
export type Shader = (item: Projected, px: number, py: number, depth: number, out: Float32Array) => void;

/** Squared sizes of local coordinates decide which face of a box a place lies on. */
function onFace(own: number, a: number, b: number): number {
  return own * own >= a * a && own * own >= b * b ? own : 0;
}

/** How much brighter or darker cloth is where it folds. */
const foldAt = (around: number, along: number, phase: number): number =>
  0.17 * Math.sin(along * 31 + around * 17 + phase) * Math.sin(around * 23 - along * 9 + phase * 2);

/** Light on cloth: a wrapped sun, a sky that is brightest from above, and folds that move with the garment. */
export function createShader(light: Light): Shader {
  const [lx, ly, lz] = light.towards;
  const [sunR, sunG, sunB] = light.sun;
  const [skyR, skyG, skyB] = light.sky;
  return (item, px, py, t, out) => {
    const m = item.local;
    const { shape, wrap, phase } = item;
    const x = m[0]! * px + m[1]! * py + m[2]! * t + m[3]!;
    const y = m[4]! * px + m[5]! * py + m[6]! * t + m[7]!;
    const z = m[8]! * px + m[9]! * py + m[10]! * t + m[11]!;
    let gx = x;
    let gy = y;
    let gz = z;
    if (shape === 'cone') {
      gy = -item.slope * (item.radius + item.slope * y);
    } else if (shape === 'box') {
      gx = onFace(x, y, z);
      gy = onFace(y, x, z);
      gz = onFace(z, x, y);
    }
    const nx = m[0]! * gx + m[4]! * gy + m[8]! * gz;
    const ny = m[1]! * gx + m[5]! * gy + m[9]! * gz;
    const nz = m[2]! * gx + m[6]! * gy + m[10]! * gz;
    const norm = (nz > 0 ? -1 : 1) / Math.sqrt(nx * nx + ny * ny + nz * nz + 1e-30);
    const around = Math.atan2(x, z) * wrap.around;
    const along = wrap.start + y * wrap.along;
    const colour = item.paint(around, along);
    const crease = item.folds > 0 ? 1 + item.folds * foldAt(around, along, phase) : 1;
    const sun = crease * Math.max(0, ((nx * lx + ny * ly + nz * lz) * norm + 0.25) * 0.8);
    const sky = crease * (0.62 - 0.38 * ny * norm);
    out[0] = colour[0] * (sunR * sun + skyR * sky);
    out[1] = colour[1] * (sunG * sun + skyG * sky);
    out[2] = colour[2] * (sunB * sun + skyB * sky);
  };
}
