import { backend_util } from '@tensorflow/tfjs';
import { ANY, type KernelTable, sizeOf } from './kernel-form.ts';

const { getPermuted, getReshaped, getReshapedPermuted, getSliceBeginCoords, getSliceSize } = backend_util;

/** Kernels that take blocks of an image apart and put them together. */
export const blocks: KernelTable = {
  BatchToSpaceND: {
    types: ANY,
    emit: (g, { x }, attributes) => {
      const blockShape = attributes.blockShape as number[];
      const crops = attributes.crops as number[][];
      const size = sizeOf(blockShape);
      const apart = getReshaped([...x!.shape], blockShape, size);
      const whole = getReshapedPermuted([...x!.shape], blockShape, size);
      const image = g.reshape(g.transpose(g.reshape(x!, apart), getPermuted(apart.length, blockShape.length)), whole);
      const begin = getSliceBeginCoords(crops, blockShape.length);
      const lengths = getSliceSize(whole, crops, blockShape.length);
      return g.slice(image, begin, begin.map((from, axis) => from + lengths[axis]!)); // prettier-ignore
    },
  },
  SpaceToBatchND: {
    types: ANY,
    emit: (g, { x }, attributes) => {
      const blockShape = attributes.blockShape as number[];
      const paddings = attributes.paddings as [number, number][];
      const size = sizeOf(blockShape);
      const widths = x!.shape.map((_, axis): [number, number] => paddings[axis - 1] ?? [0, 0]);
      const image = g.pad(x!, widths.map(([before]) => before), widths.map(([, after]) => after)); // prettier-ignore
      const apart = getReshaped([...image.shape], blockShape, size, false);
      const whole = getReshapedPermuted([...image.shape], blockShape, size, false);
      return g.reshape(g.transpose(g.reshape(image, apart), getPermuted(apart.length, blockShape.length, false)), whole);
    },
  },
  DepthToSpace: {
    types: ANY,
    takes: (_inputs, { dataFormat }) => dataFormat === 'NHWC',
    emit: (g, { x }, { blockSize }) => {
      const size = blockSize as number;
      const [batch, height, width, channels] = x!.shape as [number, number, number, number];
      const left = channels / size ** 2;
      const apart = g.transpose(g.reshape(x!, [batch, height, width, size, size, left]), [0, 1, 3, 2, 4, 5]);
      return g.reshape(apart, [batch, height * size, width * size, left]);
    },
  },
};
