import type { Picture, ResizeFilter } from '@reidkit/core-tensor/base';
import { PIXELS_WASM } from './pixels.wasm.ts';
import { resampleTable, type ResampleTable } from './resample-table.ts';

/** A picture in the engine's memory; valid until the engine is reset. */
export interface Surface {
  readonly address: number;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** A window on a surface that may be mirrored first; `fill` is RGB for what lies outside (the first number alone for one channel). */
export interface View {
  readonly mirrored: boolean;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly fill: readonly [number, number, number];
}

interface PixelExports {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  resampleRows(source: number, sourceWidth: number, rows: number, target: number, width: number, table: number, stride: number): void;
  resampleRowsSingle(source: number, sourceWidth: number, rows: number, target: number, width: number, table: number, stride: number): void;
  resampleColumns(source: number, rowBytes: number, target: number, rows: number, table: number, stride: number): void;
  windowBytes(...numbers: readonly number[]): void;
  windowFloats(...numbers: readonly number[]): void;
  sumGrey(pixels: number, count: number): number;
  lookUp(bytes: number, count: number, table: number): void;
  blend(base: number, value: number, factor: number): number;
  saturate(pixels: number, count: number, factor: number): void;
  turnHue(pixels: number, count: number, shift: number): void;
  fillNormal(target: number, count: number, a: number, b: number, c: number, d: number): void;
}

/** Vector loads and stores may touch this many bytes past the end. */
const SLACK = 32;
const PAGE = 65536;
const CACHED_TABLES = 64;

const packFill = ([red, green, blue]: View['fill']): number => red | (green << 8) | (blue << 16);

/** The exact pixel arithmetic of this package, in one WebAssembly memory. One engine belongs to one thread. */
export class PixelEngine {
  readonly #wasm: PixelExports;
  readonly #base: number;
  readonly #tables = new Map<string, ResampleTable>();
  #next: number;
  #bytes: Uint8Array;

  constructor() {
    const module = new WebAssembly.Module(Buffer.from(PIXELS_WASM, 'base64'));
    this.#wasm = new WebAssembly.Instance(module).exports as unknown as PixelExports;
    this.#base = (this.#wasm.heapBase() + 15) & ~15;
    this.#next = this.#base;
    this.#bytes = new Uint8Array(this.#wasm.memory.buffer);
  }

  /** Forgets every surface. */
  reset(): void {
    this.#next = this.#base;
  }

  /** Copies a picture in. */
  load({ width, height, channels, data }: Picture): Surface {
    const surface = this.#surface(width, height, channels);
    this.#bytes.set(data.subarray(0, width * height * channels), surface.address);
    return surface;
  }

  /** Copies a picture out. */
  read({ address, width, height, channels }: Surface): Picture {
    return { width, height, channels, data: this.#bytes.slice(address, address + width * height * channels) };
  }

  /** Pillow's resize, bit for bit: two passes with rounding to bytes between them, in Pillow 13's order. */
  resize(surface: Surface, width: number, height: number, filter: ResizeFilter): Surface {
    if (surface.width === width && surface.height === height) return surface;
    if (filter === 'nearest') return this.#nearest(surface, width, height);
    const lostRows = surface.height - height;
    const rowsFirst = !(lostRows > 0 && lostRows > 2 * (surface.width - width));
    if (rowsFirst) return this.#columns(this.#rows(surface, width, filter), height, filter);
    return this.#rows(this.#columns(surface, height, filter), width, filter);
  }

  /** Cuts a view out, as bytes. */
  window(surface: Surface, view: View): Surface {
    const target = this.#surface(view.width, view.height, surface.channels);
    const { left, top, width, height } = view;
    const from = [surface.address, surface.width, surface.height, surface.channels, view.mirrored ? 1 : 0];
    this.#wasm.windowBytes(...from, target.address, left, top, width, height, packFill(view.fill));
    return target;
  }

  /** Cuts a view out of an RGB surface and looks every byte up in `levels` `[3, 256]`; writes `[height, width, 3]` to `out`. */
  floats(surface: Surface, view: View, levels: Float32Array, out: Float32Array): void {
    const table = this.#take(levels.byteLength);
    const target = this.#take(view.width * view.height * 12);
    this.#bytes.set(new Uint8Array(levels.buffer, levels.byteOffset, levels.byteLength), table);
    const { left, top, width, height } = view;
    const from = [surface.address, surface.width, surface.height, view.mirrored ? 1 : 0];
    this.#wasm.windowFloats(...from, target, left, top, width, height, packFill(view.fill), table);
    out.set(new Float32Array(this.#wasm.memory.buffer, target, width * height * 3));
  }

  /** Mean of the grey values, 0 to 255. */
  meanGrey({ address, width, height }: Surface): number {
    return this.#wasm.sumGrey(address, width * height) / (width * height);
  }

  /** Blends every byte in place from one base: Pillow's brightness (base 0) and contrast (base the mean grey). */
  blendAll({ address, width, height }: Surface, base: number, factor: number): void {
    const table = this.#take(256);
    for (let byte = 0; byte < 256; byte++) this.#bytes[table + byte] = this.#wasm.blend(base, byte, factor);
    this.#wasm.lookUp(address, width * height * 3, table);
  }

  /** Blends every pixel in place from its own grey value: Pillow's colour. */
  saturate({ address, width, height }: Surface, factor: number): void {
    this.#wasm.saturate(address, width * height, factor);
  }

  /** Turns the hue of every pixel in place; `shift` is in 255ths of the circle. */
  turnHue({ address, width, height }: Surface, shift: number): void {
    this.#wasm.turnHue(address, width * height, shift);
  }

  /** `count` numbers of the standard normal distribution from a seed of four words that are not all 0; valid until the next call. */
  normals(count: number, seed: readonly [number, number, number, number]): Float32Array {
    const target = this.#take(count * 4);
    this.#wasm.fillNormal(target, count, ...seed);
    return new Float32Array(this.#wasm.memory.buffer, target, count);
  }

  #rows(surface: Surface, width: number, filter: 'bilinear' | 'bicubic'): Surface {
    if (surface.width === width) return surface;
    const { address, stride } = this.#table(surface.width, width, filter);
    const target = this.#surface(width, surface.height, surface.channels);
    const pass = surface.channels === 3 ? this.#wasm.resampleRows : this.#wasm.resampleRowsSingle;
    pass(surface.address, surface.width, surface.height, target.address, width, address, stride);
    return target;
  }

  #columns(surface: Surface, height: number, filter: 'bilinear' | 'bicubic'): Surface {
    if (surface.height === height) return surface;
    const { address, stride } = this.#table(surface.height, height, filter);
    const target = this.#surface(surface.width, height, surface.channels);
    this.#wasm.resampleColumns(surface.address, surface.width * surface.channels, target.address, height, address, stride);
    return target;
  }

  #nearest({ address, width: sourceWidth, height: sourceHeight, channels }: Surface, width: number, height: number): Surface {
    const target = this.#surface(width, height, channels);
    const bytes = this.#bytes;
    const columns = Int32Array.from({ length: width }, (_, x) => Math.floor((x + 0.5) * (sourceWidth / width)) * channels);
    let place = target.address;
    for (let y = 0; y < height; y++) {
      const row = address + Math.floor((y + 0.5) * (sourceHeight / height)) * sourceWidth * channels;
      for (let x = 0; x < width; x++) for (let c = 0; c < channels; c++) bytes[place++] = bytes[row + columns[x]! + c]!;
    }
    return target;
  }

  #table(input: number, output: number, filter: 'bilinear' | 'bicubic'): { address: number; stride: number } {
    const key = `${filter} ${input} ${output}`;
    const table = this.#tables.get(key) ?? resampleTable(input, output, filter);
    if (!this.#tables.has(key)) {
      if (this.#tables.size >= CACHED_TABLES) this.#tables.delete(this.#tables.keys().next().value!);
      this.#tables.set(key, table);
    }
    const address = this.#take(table.words.byteLength);
    this.#bytes.set(new Uint8Array(table.words.buffer), address);
    return { address, stride: table.stride };
  }

  #surface(width: number, height: number, channels: 1 | 3): Surface {
    // One row more: the last pair of taps may reach past the end with weight 0.
    return { address: this.#take(width * (height + 1) * channels), width, height, channels };
  }

  #take(bytes: number): number {
    const address = this.#next;
    const end = (address + bytes + SLACK + 15) & ~15;
    const missing = end - this.#wasm.memory.buffer.byteLength;
    if (missing > 0) this.#wasm.memory.grow(Math.ceil(missing / PAGE));
    if (this.#bytes.buffer !== this.#wasm.memory.buffer) this.#bytes = new Uint8Array(this.#wasm.memory.buffer);
    this.#next = end;
    return address;
  }
}

let engine: PixelEngine | undefined;

/** This thread's engine, made at the first use. */
export function pixelEngine(): PixelEngine {
  engine ??= new PixelEngine();
  return engine;
}
