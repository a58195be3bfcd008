// Pixel arithmetic of reidkit in WebAssembly SIMD. The caller owns the memory: every argument named like a place is an address.
export { blend, lookUp, saturate, sumGrey, turnHue } from './adjust';
export { resampleColumns, resampleRows, resampleRowsSingle } from './resample';
export { windowBytes, windowFloats } from './window';
export { fillNormal } from './normal';

/** First free address. */
export function heapBase(): usize {
  return __heap_base;
}
