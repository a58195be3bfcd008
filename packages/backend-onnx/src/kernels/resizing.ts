import type { OnnxGraph, OnnxValue } from '../onnx/graph.ts';
import { ANY, type KernelAttributes, type KernelTable, NUMBERS } from './kernel-form.ts';
import { channelsFirst, channelsLast } from './windows.ts';

/** For each element of a resized axis, where it lies on the old one. */
function places(from: number, to: number, { alignCorners, halfPixelCenters }: KernelAttributes): number[] {
  const scale = alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
  return Array.from({ length: to }, (_, i) => scale * (halfPixelCenters ? i + 0.5 : i));
}

function nearest(from: number, to: number, attributes: KernelAttributes): number[] {
  const round = attributes.alignCorners ? Math.round : Math.floor;
  return places(from, to, attributes).map((place) => Math.min(from - 1, Math.max(0, round(place))));
}

/** How much of each resized element an old one gets back, `[from, to]`, row-major. */
function nearestShares(from: number, to: number, attributes: KernelAttributes): Float32Array {
  const shares = new Float32Array(from * to);
  nearest(from, to, attributes).forEach((place, i) => (shares[place * to + i] = 1)); // prettier-ignore
  return shares;
}

function linearShares(from: number, to: number, attributes: KernelAttributes): Float32Array {
  const shares = new Float32Array(from * to);
  places(from, to, attributes).forEach((place, i) => {
    const first = Math.floor(place);
    const second = Math.min(Math.ceil(place), from - 1);
    shares[first * to + i]! += 1 - (place - first);
    shares[second * to + i]! += place - first;
  });
  return shares;
}

/** The gradient of a resized image `[B, h, w, C]` for the image `[B, H, W, C]`: one product for each axis, with what each element gets back. */
function backward(g: OnnxGraph, images: OnnxValue, dy: OnnxValue, shares: (from: number, to: number) => Float32Array): OnnxValue {
  const [batch, height, width, channels] = images.shape as [number, number, number, number];
  const [, high, wide] = dy.shape as [number, number, number, number];
  const matrix = (from: number, to: number): OnnxValue => g.constant(shares(from, to), [from, to], 'float32');
  const rows = g.matmul(matrix(height, high), g.reshape(dy, [batch, high, wide * channels]));
  const whole = g.matmul(matrix(width, wide), g.reshape(rows, [batch * height, wide, channels]));
  return g.reshape(whole, images.shape);
}

const coordinates = ({ alignCorners, halfPixelCenters }: KernelAttributes): string => {
  if (alignCorners) return 'align_corners';
  return halfPixelCenters ? 'half_pixel' : 'asymmetric';
};

const isEither = ({ alignCorners, halfPixelCenters }: KernelAttributes): boolean => !(alignCorners && halfPixelCenters);

/** Kernels that resize images `[B, H, W, C]`. */
export const resizing: KernelTable = {
  ResizeBilinear: {
    isHeavy: true,
    types: NUMBERS,
    takes: ({ images }, attributes) => images!.shape.length === 4 && isEither(attributes),
    emit: (g, { images }, attributes) => {
      const image = channelsFirst(g, g.cast(images!, 'float32'));
      const shape = [...image.shape.slice(0, 2), ...(attributes.size as number[])];
      const resized = g.one('Resize', [image, undefined, undefined, g.ints(shape)], shape, {
        mode: 'linear',
        coordinate_transformation_mode: coordinates(attributes),
      });
      return channelsLast(g, resized);
    },
  },
  ResizeNearestNeighbor: {
    types: ANY,
    takes: ({ images }) => images!.shape.length === 4,
    emit: (g, { images }, attributes) => {
      const [height, width] = attributes.size as [number, number];
      const rows = g.gather(images!, g.wholes(nearest(images!.shape[1]!, height, attributes)), 1);
      return g.gather(rows, g.wholes(nearest(images!.shape[2]!, width, attributes)), 2);
    },
  },
  // tfjs's own gradients take no notice of half-pixel centers, and are wrong for them: no form repeats that.
  ResizeBilinearGrad: {
    isHeavy: true,
    takes: (_inputs, { halfPixelCenters }) => !halfPixelCenters,
    emit: (g, { images, dy }, attributes) => backward(g, images!, dy!, (from, to) => linearShares(from, to, attributes)),
  },
  ResizeNearestNeighborGrad: {
    isHeavy: true,
    takes: (_inputs, { halfPixelCenters }) => !halfPixelCenters,
    emit: (g, { images, dy }, attributes) => backward(g, images!, dy!, (from, to) => nearestShares(from, to, attributes)),
  },
};
