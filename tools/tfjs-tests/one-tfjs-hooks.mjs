// Hooks of Node's module loader that make tfjs one instance. Its packages are published twice, as bundles for require() and as modules whose
// imports leave the file's ending out, which Node cannot follow; tfjs-core's tests are written against the modules. With these hooks every
// import of tfjs, ours too, takes the modules.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);
const OURS = /^@tensorflow\/(tfjs(?:-[a-z]+)*)(?:\/(.*))?$/;
const INSIDE = /\/node_modules\/@tensorflow\/tfjs[^/]*\/dist\//;

/** Packages of which a module of tfjs reads members that Node does not find in them. */
const MEMBERS = { seedrandom: ['alea'] };

const withEnding = (path) =>
  [path, `${path}.js`, join(path, 'index.js')].find((candidate) => existsSync(candidate) && statSync(candidate).isFile());

const asModule = (path) => ({ url: pathToFileURL(path).href, format: 'module', shortCircuit: true });

/** Where an import of tfjs, or inside it, leads. */
export async function resolve(specifier, context, next) {
  const [, name, path] = OURS.exec(specifier) ?? [];
  if (name) {
    const folder = dirname(require.resolve(`@tensorflow/${name}/package.json`));
    return asModule(withEnding(join(folder, path ?? 'dist/index.js')));
  }
  if (!INSIDE.test(context.parentURL ?? '')) return next(specifier, context);
  if (specifier.startsWith('.')) return asModule(withEnding(fileURLToPath(new URL(specifier, context.parentURL))));
  if (specifier in MEMBERS) return { url: `members:${specifier}`, format: 'module', shortCircuit: true };
  return next(specifier, context);
}

/** The text of a module of tfjs. */
export async function load(url, context, next) {
  if (url.startsWith('members:')) {
    const name = url.slice('members:'.length);
    const members = MEMBERS[name].map((member) => `export const ${member} = whole.${member};`).join('\n');
    const source = `import whole from ${JSON.stringify(pathToFileURL(require.resolve(name)).href)};\n${members}\nexport default whole;`;
    return { format: 'module', source, shortCircuit: true };
  }
  if (!INSIDE.test(url)) return next(url, context);
  return { format: 'module', source: readFileSync(fileURLToPath(url)), shortCircuit: true };
}
