import { elementwise } from './elementwise.ts';
import { fusedRows } from './fused.ts';
import { fusedImages } from './images.ts';
import { indexing } from './indexing.ts';
import type { KernelTable } from './kernel-form.ts';
import { products } from './products.ts';
import { reductions } from './reductions.ts';
import { shapes } from './shapes.ts';

/** Every kernel that has a form in ONNX. */
export const kernelTable: KernelTable = {
  ...elementwise,
  ...reductions,
  ...shapes,
  ...indexing,
  ...products,
  ...fusedRows,
  ...fusedImages,
};
