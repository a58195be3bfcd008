import type { KernelAttributes } from '@reidkit/core-tensor';
import type { HloProgram } from '../stablehlo/program.ts';
import type { HloValue } from '../stablehlo/values.ts';
import { ANY, type KernelTable, NUMBERS } from './kernel-form.ts';
import { takeAlong } from './lookup.ts';

/** For each element of a resized axis, where it lies on the old one. */
function places(from: number, to: number, { alignCorners, halfPixelCenters }: KernelAttributes): number[] {
  const scale = alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
  return Array.from({ length: to }, (_, i) => (halfPixelCenters ? scale * (i + 0.5) : scale * i));
}

function nearest(from: number, to: number, attributes: KernelAttributes): number[] {
  const round = attributes.alignCorners ? Math.round : Math.floor;
  return places(from, to, attributes).map((place) => Math.min(from - 1, Math.max(0, round(place))));
}

/** How much of each old element a resized one has, `[from, to]`, row-major. */
type Shares = (from: number, to: number, attributes: KernelAttributes) => Float32Array;

const nearestShares: Shares = (from, to, attributes) => {
  const shares = new Float32Array(from * to);
  nearest(from, to, attributes).forEach((place, i) => (shares[place * to + i] = 1)); // prettier-ignore
  return shares;
};

const linearShares: Shares = (from, to, attributes) => {
  const shares = new Float32Array(from * to);
  const shift = attributes.halfPixelCenters ? 0.5 : 0;
  places(from, to, attributes).forEach((middle, i) => {
    const place = Math.min(from - 1, Math.max(0, middle - shift));
    const first = Math.floor(place);
    shares[first * to + i]! += 1 - (place - first);
    shares[Math.min(first + 1, from - 1) * to + i]! += place - first;
  });
  return shares;
};

interface Resizing {
  readonly small: readonly [number, number];
  readonly large: readonly [number, number];
  readonly shares: Shares;
  readonly attributes: KernelAttributes;
}

/** Both axes of images `[B, H, W, C]`, one product each: forwards to the resized lengths, or backwards. */
function resize(p: HloProgram, images: HloValue, { small, large, shares, attributes }: Resizing, isBack: boolean): HloValue {
  return [1, 2].reduce((value, axis) => {
    const [from, to] = [small[axis - 1]!, large[axis - 1]!];
    const matrix = p.constant(shares(from, to, attributes), [from, to], 'float32');
    const product = p.dot(value, matrix, { over: [[axis], [isBack ? 1 : 0]] }); // the axis comes last
    const axes = [0, 1, 2, 3].filter((each) => each !== axis);
    return p.transpose(product, [0, 1, 2, 3].map((each) => (each === axis ? 3 : axes.indexOf(each)))); // prettier-ignore
  }, images);
}

const lengths = ({ shape }: HloValue): readonly [number, number] => [shape[1]!, shape[2]!];
const isEither = ({ alignCorners, halfPixelCenters }: KernelAttributes): boolean => !(alignCorners && halfPixelCenters);

/** Gradients of tfjs take no notice of half-pixel centers, and are wrong for them: no form repeats that. */
const backward = (shares: Shares): KernelTable[string] => ({
  takes: (_inputs, { halfPixelCenters }) => !halfPixelCenters,
  emit: (p, { images, dy }, attributes) =>
    resize(p, dy!, { small: lengths(images!), large: lengths(dy!), shares, attributes }, true), // prettier-ignore
});

/** Kernels that resize images `[B, H, W, C]`. */
export const resizing: KernelTable = {
  ResizeBilinear: {
    types: NUMBERS,
    takes: ({ images }, attributes) => images!.shape.length === 4 && isEither(attributes),
    emit: (p, { images }, attributes) => {
      const large = attributes.size as [number, number];
      return resize(p, p.convert(images!, 'float32'), { small: lengths(images!), large, shares: linearShares, attributes }, false);
    },
  },
  ResizeNearestNeighbor: {
    types: ANY,
    takes: ({ images }) => images!.shape.length === 4,
    emit: (p, { images }, attributes) => {
      const [height, width] = attributes.size as [number, number];
      const at = (from: number, to: number): HloValue => p.constant(Int32Array.from(nearest(from, to, attributes)), [to], 'int32');
      const rows = takeAlong(p, images!, at(images!.shape[1]!, height), 1);
      return takeAlong(p, rows, at(images!.shape[2]!, width), 2);
    },
  },
  ResizeBilinearGrad: backward(linearShares),
  ResizeNearestNeighborGrad: backward(nearestShares),
};
