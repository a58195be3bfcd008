import { backend_util } from '@tensorflow/tfjs';
import { sizeOf } from '../stablehlo/shapes.ts';
import { ANY, type KernelTable } from './kernel-form.ts';

const { getPermuted, getReshaped, getReshapedPermuted, getSliceBeginCoords, getSliceSize } = backend_util;

/** Kernels that take blocks of an image apart and put them together. */
export const blocks: KernelTable = {
  BatchToSpaceND: {
    types: ANY,
    emit: (p, { x }, attributes) => {
      const blockShape = attributes.blockShape as number[];
      const crops = attributes.crops as number[][];
      const apart = getReshaped([...x!.shape], blockShape, sizeOf(blockShape));
      const whole = getReshapedPermuted([...x!.shape], blockShape, sizeOf(blockShape));
      const image = p.reshape(p.transpose(p.reshape(x!, apart), getPermuted(apart.length, blockShape.length)), whole);
      const begin = getSliceBeginCoords(crops, blockShape.length);
      const lengths = getSliceSize(whole, crops, blockShape.length);
      const end = whole.map((length, axis) => (axis < begin.length ? begin[axis]! + lengths[axis]! : length));
      return p.slice(image, whole.map((_, axis) => begin[axis] ?? 0), end); // prettier-ignore
    },
  },
  SpaceToBatchND: {
    types: ANY,
    emit: (p, { x }, attributes) => {
      const blockShape = attributes.blockShape as number[];
      const paddings = attributes.paddings as [number, number][];
      const widths = x!.shape.map((_, axis): [number, number] => paddings[axis - 1] ?? [0, 0]);
      const image = p.pad(x!, widths.map(([before]) => before), widths.map(([, after]) => after)); // prettier-ignore
      const apart = getReshaped([...image.shape], blockShape, sizeOf(blockShape), false);
      const whole = getReshapedPermuted([...image.shape], blockShape, sizeOf(blockShape), false);
      return p.reshape(p.transpose(p.reshape(image, apart), getPermuted(apart.length, blockShape.length, false)), whole);
    },
  },
  DepthToSpace: {
    types: ANY,
    takes: (_inputs, { dataFormat }) => dataFormat === 'NHWC',
    emit: (p, { x }, { blockSize }) => {
      const size = blockSize as number;
      const [batch, height, width, channels] = x!.shape as [number, number, number, number];
      const left = channels / size ** 2;
      const apart = p.transpose(p.reshape(x!, [batch, height, width, size, size, left]), [0, 1, 3, 2, 4, 5]);
      return p.reshape(apart, [batch, height * size, width * size, left]);
    },
  },
};
