import type { RandomStream } from '@reidkit/core-tensor/base';
import { blur, shrink } from './blur.ts';
import type { Camera, ColourResponse } from './camera.ts';
import { view, type Canvas } from './canvas.ts';
import { power } from './colour.ts';

const STEPS = 2048;
/** Linear light that the tone table ends at. */
const BRIGHTEST = 2;
const NOISE_SIDE = 128;
const GREY = [1 / 3, 1 / 3, 1 / 3] as const;

/** From linear light (0 … 2 in 2048 steps) to the camera's own scale of 0 to 1. */
export function toneTable({ contrast }: ColourResponse): Float32Array {
  return Float32Array.from({ length: STEPS }, (_, k) => {
    const light = (k / (STEPS - 1)) * BRIGHTEST;
    const shoulder = light < 0.7 ? light : 0.7 + 0.3 * (1 - Math.exp((0.7 - light) / 0.3));
    const value = power(shoulder, 1 / 2.2);
    return Math.max(0, Math.min(1, 0.5 + (value - 0.5) * contrast));
  });
}

/** A tile of noise of mean 0 and deviation 1, 128 × 128, to be laid at a random offset. */
export function noiseTile(draws: RandomStream): Float32Array {
  return Float32Array.from({ length: NOISE_SIDE * NOISE_SIDE }, () => draws.normal());
}

/** What does not change from picture to picture. */
export interface Sensor {
  readonly camera: Camera;
  readonly tones: Float32Array;
  readonly noise: Float32Array;
}

/** How the light of one picture differs from the camera's usual one. */
export interface Moment {
  /** Factor on all light. */
  readonly exposure: number;
  /** Size of people against a crop 128 pixels high. */
  readonly zoom: number;
  readonly draws: RandomStream;
}

/** Colours, tone curve and noise, in place: afterwards values are 0 to 1 on the screen's scale. */
function develop({ rgb, width, height }: Canvas, { camera, tones, noise }: Sensor, { exposure, draws }: Moment): void {
  const { matrix, haze } = camera.response;
  const [dx, dy] = [draws.integer(NOISE_SIDE), draws.integer(NOISE_SIDE)];
  const scale = (STEPS - 1) / BRIGHTEST;
  for (let j = 0; j < height; j++) {
    const row = ((j + dy) % NOISE_SIDE) * NOISE_SIDE;
    for (let i = 0; i < width; i++) {
      const at = (j * width + i) * 3;
      const red = rgb[at]! * exposure;
      const green = rgb[at + 1]! * exposure;
      const blue = rgb[at + 2]! * exposure;
      for (let channel = 0; channel < 3; channel++) {
        const m = camera.infrared ? GREY : matrix[channel]!;
        const light = Math.round((m[0] * red + m[1] * green + m[2] * blue + haze) * scale);
        const speck = noise[row + ((i + dx + (camera.infrared ? 0 : channel * 41)) % NOISE_SIDE)]!;
        rgb[at + channel] = tones[light < 0 ? 0 : light >= STEPS ? STEPS - 1 : light]! + speck * camera.noise;
      }
    }
  }
}

/** Takes the picture: blur, the camera's own resolution, its colours, tone curve and noise. Gives RGB bytes of the canvas's size. */
export function expose(canvas: Canvas, sensor: Sensor, moment: Moment): Uint8Array {
  const { camera } = sensor;
  const { width, height } = canvas;
  const rows = Math.max(8, Math.round(height * camera.resolution));
  const columns = Math.max(4, Math.round(width * camera.resolution));
  const small = rows < height ? shrink(canvas, columns, rows) : { ...canvas, rgb: canvas.rgb.slice() };
  const native = blur(small, camera.blur * camera.resolution * moment.zoom);
  develop(native, sensor, moment);
  const full = rows < height ? view(native, { left: 0, top: 0, step: rows / height }, width, height) : native;
  const bytes = new Uint8Array(full.rgb.length);
  for (let at = 0; at < bytes.length; at++) {
    const value = full.rgb[at]! * 255 + 0.5;
    bytes[at] = value < 0 ? 0 : value > 255 ? 255 : value;
  }
  return bytes;
}
