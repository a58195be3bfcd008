import type { KernelTable } from './kernel-form.ts';

/** Matrix products. */
export const products: KernelTable = {
  BatchMatMul: {
    isHeavy: true,
    emit: (g, { a, b }, { transposeA, transposeB }) => {
      const flags = { transA: transposeA === true, transB: transposeB === true };
      const isPlain = (shape: readonly number[]): boolean => shape.slice(0, -2).every((length) => length === 1);
      if (!isPlain(a!.shape) || !isPlain(b!.shape)) return g.matmul(a!, b!, flags);
      const lead = Math.max(a!.shape.length, b!.shape.length) - 2;
      const product = g.matmul(g.reshape(a!, a!.shape.slice(-2)), g.reshape(b!, b!.shape.slice(-2)), flags);
      return g.reshape(product, [...Array<number>(lead).fill(1), ...product.shape]);
    },
  },
};
