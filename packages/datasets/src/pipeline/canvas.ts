import type { GeometryStep, Picture } from '@reidkit/core-tensor/base';
import type { PixelEngine, Surface, View } from '../pixels/pixel-engine.ts';

const BLACK = [0, 0, 0] as const;

const wholeOf = ({ width, height }: Surface): View => ({ mirrored: false, left: 0, top: 0, width, height, fill: BLACK });

const reachesOutside = ({ left, top, width, height }: View, surface: Surface): boolean =>
  left < 0 || top < 0 || left + width > surface.width || top + height > surface.height;

/**
 * An RGB image on its way through geometry. Mirrors and windows are only written down until pixels are needed, so that resize, flip, pad,
 * crop and normalisation touch every pixel once after the resize.
 */
export class Canvas {
  readonly #engine: PixelEngine;
  #surface: Surface;
  #view: View;

  constructor(engine: PixelEngine, picture: Picture) {
    this.#engine = engine;
    engine.reset();
    this.#surface = engine.load(picture);
    this.#view = wholeOf(this.#surface);
  }

  get width(): number {
    return this.#view.width;
  }

  get height(): number {
    return this.#view.height;
  }

  apply(step: GeometryStep): void {
    if (step.step === 'resize') this.#resize(step);
    else if (step.step === 'flip') this.#flip();
    else this.#cut(step);
  }

  /** The pixels as they are now. */
  picture(): Picture {
    this.#settle();
    return this.#engine.read(this.#surface);
  }

  /** Writes `[height, width, 3]` floats: every byte looked up in `levels` `[3, 256]`. */
  floats(levels: Float32Array, out: Float32Array): void {
    this.#engine.floats(this.#surface, this.#view, levels, out);
  }

  #resize(step: GeometryStep & { step: 'resize' }): void {
    if (step.width === this.width && step.height === this.height) return;
    this.#settle();
    this.#surface = this.#engine.resize(this.#surface, step.width, step.height, step.filter);
    this.#view = wholeOf(this.#surface);
  }

  #flip(): void {
    const { mirrored, left, width } = this.#view;
    this.#view = { ...this.#view, mirrored: !mirrored, left: this.#surface.width - width - left };
  }

  #cut({ left, top, width, height, fill }: GeometryStep & { step: 'window' }): void {
    // What an earlier window cut away or filled must not come back.
    if (reachesOutside(this.#view, this.#surface) || !this.#coversSurface()) this.#settle();
    const view = this.#view;
    this.#view = { mirrored: view.mirrored, left: view.left + left, top: view.top + top, width, height, fill };
  }

  #coversSurface(): boolean {
    return this.#view.width === this.#surface.width && this.#view.height === this.#surface.height;
  }

  /** Carries out what was written down. */
  #settle(): void {
    const isUntouched = !this.#view.mirrored && this.#coversSurface() && this.#view.left === 0 && this.#view.top === 0;
    if (isUntouched) return;
    this.#surface = this.#engine.window(this.#surface, this.#view);
    this.#view = wholeOf(this.#surface);
  }
}
