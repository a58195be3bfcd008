import { binaryKernels } from './binary.ts';
import { blocks } from './blocks.ts';
import { convolutions } from './convolutions.ts';
import { elementwise } from './elementwise.ts';
import { fusedImages } from './fused-images.ts';
import { fusedRows } from './fused-rows.ts';
import { indexing } from './indexing.ts';
import type { KernelTable } from './kernel-form.ts';
import { normalization } from './normalization.ts';
import { pools } from './pools.ts';
import { products } from './products.ts';
import { quantized } from './quantized.ts';
import { reductions } from './reductions.ts';
import { resizing } from './resizing.ts';
import { scattering } from './scattering.ts';
import { shapes } from './shapes.ts';

/** Every kernel that has a form in StableHLO. */
export const kernelTable: KernelTable = {
  ...elementwise,
  ...binaryKernels,
  ...reductions,
  ...shapes,
  ...blocks,
  ...indexing,
  ...scattering,
  ...products,
  ...quantized,
  ...convolutions,
  ...pools,
  ...resizing,
  ...normalization,
  ...fusedRows,
  ...fusedImages,
};
