import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
// eslint-disable-next-line @typescript-eslint/ban-ts-comment -- a script without types
// @ts-ignore
import { compilePixels } from '../../tools/build-wasm.mjs';

it('the committed WebAssembly is what assembly/ compiles to', async () => {
  const committed = readFileSync(new URL('./pixels.wasm.ts', import.meta.url), 'utf8');
  expect(await compilePixels()).toBe(committed);
});
