// Fails when a package imports from a row that is not above its own, or something that its package.json does not declare.
// The whole architecture in one table. Takes another root as argument, for its test.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROWS = [
  ['core-tensor'],
  ['backend-*'],
  ['losses', 'encoders', 'datasets', 'eval'],
  ['lmm', 'segmenter'],
  ['trainer', 'recipes'],
  ['gallery', 'cli'],
];
/** Packages that may import tfjs; everybody else takes tensors from core-tensor. */
const TENSOR_PACKAGES = /^(core-tensor|backend-.+)$/;

const root = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
const problems = [];

const rowOf = (folder) =>
  ROWS.findIndex((row) => row.some((name) => (name.endsWith('*') ? folder.startsWith(name.slice(0, -1)) : name === folder)));
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

const packages = readdirSync(join(root, 'packages'))
  .filter((folder) => existsSync(join(root, 'packages', folder, 'package.json')))
  .map((folder) => ({ folder, manifest: readJson(join(root, 'packages', folder, 'package.json')) }));
const folderOf = new Map(packages.map(({ folder, manifest }) => [manifest.name, folder]));
const rootTools = Object.keys(readJson(join(root, 'package.json')).devDependencies ?? {});

/** Why a package may not use another one of ours, if it may not. */
function refusal(folder, other) {
  const target = folderOf.get(other);
  if (target === undefined || target === folder) return undefined;
  if (rowOf(target) < rowOf(folder)) return undefined;
  return `${folder} may not use ${target}, only what stands above it (${ROWS.slice(0, rowOf(folder)).flat().join(', ') || 'none'})`;
}

/** `@scope/name` or `name` of an import. */
const packageOf = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** Files that are never shipped; they may use any package, above or below. */
const isTest = (file) => /\.(test|test-d|fixture)\.ts$/.test(file);

/** Whether package.json, or for a test also the repository's, says that a package is needed. */
function isDeclared({ manifest }, file, name) {
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = manifest;
  if (name === manifest.name || name in { ...dependencies, ...peerDependencies, ...optionalDependencies }) return true;
  if (!isTest(file)) return false;
  return name in (devDependencies ?? {}) || rootTools.includes(name) || folderOf.has(name);
}

/** What is wrong with an import, if anything is. */
function importProblem(entry, file, specifier) {
  const { folder } = entry;
  if (specifier.startsWith('.')) {
    const target = resolve(dirname(file), specifier);
    return target.startsWith(join(root, 'packages', folder) + sep) ? undefined : 'which lies outside the package';
  }
  const name = packageOf(specifier);
  if (name.startsWith('node:')) return undefined;
  if (builtinModules.includes(name)) return `which is written "node:${specifier}"`;
  if (name.startsWith('@tensorflow/') && !TENSOR_PACKAGES.test(folder)) {
    return 'which only core-tensor and backend-* may; take tensors from @reidkit/core-tensor';
  }
  return (
    (isTest(file) ? undefined : refusal(folder, name)) ??
    (isDeclared(entry, file, name) ? undefined : 'which package.json does not declare')
  );
}

for (const entry of packages) {
  const { folder, manifest } = entry;
  const own = `packages/${folder}/package.json`;
  if (rowOf(folder) < 0) {
    problems.push(`${own}: "${folder}" stands in no row of tools/layers.mjs`);
    continue;
  }
  for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies', 'devDependencies']) {
    for (const name of Object.keys(manifest[kind] ?? {})) {
      const refused = refusal(folder, name);
      if (refused) problems.push(`${own}: ${kind}: ${refused}`);
    }
  }
  const source = join(root, 'packages', folder, 'src');
  const files = existsSync(source) ? readdirSync(source, { recursive: true }).filter((file) => /\.(ts|mts|js|mjs)$/.test(file)) : [];
  for (const file of files) {
    const path = join(source, file);
    const { importedFiles } = ts.preProcessFile(readFileSync(path, 'utf8'), true, true);
    for (const specifier of new Set(importedFiles.map(({ fileName }) => fileName))) {
      const problem = importProblem(entry, path, specifier);
      if (problem) problems.push(`${relative(root, path).split(sep).join('/')}: imports "${specifier}", ${problem}`);
    }
  }
}

if (problems.length > 0) {
  console.error(`Layers: ${problems.length} problem${problems.length === 1 ? '' : 's'}.`);
  for (const problem of problems.sort()) console.error(`  ${problem}`);
  process.exit(1);
}
console.log(`Layers: ${packages.length} packages in order.`);
