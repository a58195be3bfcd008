// Runs every program in examples/ and every TypeScript block of the READMEs and of the docstrings (`@example`), after a check of their types.
//   npm run examples [-- NAME…]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = join(root, 'examples/.blocks');

/** Code between ```ts and ```; a block that begins with `ts no-run` is for reading only. */
const blocksOf = (text) => [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code);

/** Code of the `@example` blocks of a source file, without the comment's stars. */
const docBlocksOf = (source) => {
  const comments = [...source.matchAll(/\/\*\*[\s\S]*?\*\//g)].map(([comment]) => comment.replace(/^\s*\* ?/gm, ''));
  return comments.filter((comment) => comment.includes('@example')).flatMap(blocksOf);
};

const packages = readdirSync(join(root, 'packages')).map((name) => join('packages', name));
const markdown = ['README.md', ...packages.map((folder) => join(folder, 'README.md'))].filter((file) => existsSync(join(root, file)));
const sources = packages.flatMap((folder) =>
  readdirSync(join(root, folder, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.(test|test-d|fixture)\.ts$/.test(file))
    .map((file) => join(folder, 'src', file)),
);

rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch, { recursive: true });
const found = [
  ...markdown.flatMap((file) => blocksOf(readFileSync(join(root, file), 'utf8')).map((code, i) => ({ file, i, code }))),
  ...sources.flatMap((file) => docBlocksOf(readFileSync(join(root, file), 'utf8')).map((code, i) => ({ file, i, code }))),
];
const blocks = found.map(({ file, i, code }) => {
  const name = `${file.replace(/[^\w]+/g, '-')}-${i + 1}.ts`;
  writeFileSync(join(scratch, name), `// ${file}, block ${i + 1}\n${code}\nexport {};\n`);
  return { label: `${file}, block ${i + 1}`, path: join(scratch, name) };
});
const programs = readdirSync(join(root, 'examples'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ label: `examples/${file}`, path: join(root, 'examples', file) }));
if (programs.length === 0 || blocks.length === 0) {
  console.error('found no examples: something is wrong with the search');
  process.exit(1);
}

writeFileSync(
  join(scratch, 'tsconfig.json'),
  JSON.stringify({ extends: '../../tsconfig.base.json', compilerOptions: { noUnusedLocals: false }, include: ['*.ts'] }),
);
const types = spawnSync('npx', ['tsc', '--noEmit', '-p', scratch], { encoding: 'utf8', cwd: root });
if (types.status !== 0) {
  console.error(types.stdout);
  process.exit(1);
}

const chosen = process.argv.slice(2);
const wanted = [...programs, ...blocks].filter(({ label }) => chosen.length === 0 || chosen.some((name) => label.includes(name)));
// All blocks run in one process, one after another; programs have a process each.
writeFileSync(
  join(scratch, 'all.mjs'),
  `let failed = 0;
for (const [label, url] of ${JSON.stringify(wanted.filter((entry) => blocks.includes(entry)).map(({ label, path }) => [label, new URL(`file://${path}`).href]))}) {
  let problem;
  const assert = console.assert;
  console.assert = (held, ...rest) => { if (!held) problem = new Error('console.assert failed: ' + rest.join(' ')); };
  try { await import(url); } catch (error) { problem = error; }
  console.assert = assert;
  if (problem) { failed++; console.error('FAILED ' + label + '\\n' + (problem.stack ?? problem)); }
}
process.exit(failed ? 1 : 0);
`,
);

const node = ['--conditions=@reidkit/source', '--import', 'tsx'];
let failed = 0;
for (const { label, path } of [
  ...wanted.filter((entry) => programs.includes(entry)),
  { label: `${blocks.length} blocks of code`, path: join(scratch, 'all.mjs') },
]) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, path], { encoding: 'utf8', cwd: root });
  if (status !== 0) failed++;
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${label} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  if (status !== 0) console.log(`${stdout}\n${stderr}`);
}
rmSync(scratch, { recursive: true, force: true });
console.log(`${wanted.length - failed} of ${wanted.length} examples hold`);
process.exitCode = failed > 0 ? 1 : 0;
