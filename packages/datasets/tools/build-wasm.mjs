// Compiles assembly/ to a TypeScript module that carries the WebAssembly as base64, so that no file has to be found at run time.
// `--check` compares with what is committed and writes nothing.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'src', 'pixels', 'pixels.wasm.ts');

/** The text of the module. Throws when the sources do not compile. */
export async function compilePixels() {
  const files = new Map();
  const { error, stderr } = await asc.main(
    ['index.ts', '--outFile', 'pixels.wasm', '-O3', '--runtime', 'stub', '--enable', 'simd', '--noAssert', '--use', 'abort='],
    {
      readFile: (name, base) => {
        try {
          return readFileSync(join(root, 'assembly', base, name), 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (name, contents) => void files.set(name, contents),
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`assembly/ does not compile: ${error.message}\n${stderr.toString()}`);
  const base64 = Buffer.from(files.get('pixels.wasm')).toString('base64');
  const note = '// Made by tools/build-wasm.mjs from assembly/ (npm run build:wasm); not edited by hand.';
  return `${note}\n/** The WebAssembly of assembly/, base64. */\nexport const PIXELS_WASM = '${base64}';\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await compilePixels();
  if (!process.argv.includes('--check')) writeFileSync(target, text);
  else if (readFileSync(target, 'utf8') !== text)
    throw new Error('src/pixels/pixels.wasm.ts is not what assembly/ compiles to: npm run build:wasm');
}
