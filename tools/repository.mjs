// Plain checks on what git tracks: things that no other tool looks at. Takes another root as argument, for its test.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const LARGEST = 2 * 2 ** 20;
const root = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
const problems = [];

const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 })
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(root, file)));

const isGolden = (file) => file.startsWith('goldens/');
const isLock = (file) => /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml)$/.test(file);
const isText = (bytes) => !bytes.subarray(0, 8000).includes(0);

// What it is about, which lines, and which files where not all. Words are put together here so that this file keeps its own rules.
const LINE_RULES = [
  { what: 'a path of one machine', test: /(?:^|[\s"'`(=:,[{<>|])(?:file:\/\/)?\/(?:work|root|tmp|home|Users|mnt|scratch)\/[\w.@-]/ },
  { what: 'a path of one machine', test: /\b[A-Z]:\\+Users\\/ },
  { what: 'a leftover to do', test: new RegExp(`\\b(?:TO${'DO'}|FIX${'ME'}|XX${'X'})\\b`), files: (file) => !isLock(file) },
  { what: 'a merge that was not finished', test: /^(?:<{7} |>{7} |={7}$)/ },
  { what: 'a test that shuts out the others', test: /\b(?:it|test|describe)\.only\b/, files: (file) => /\.test\.ts$/.test(file) },
  { what: 'the address of a package registry', test: /"resolved": *"https?:|npmjs\.\w|yarnpkg\.\w|registry\.[\w-]+\./, files: isLock },
];

function checkLines(file, text) {
  const rules = LINE_RULES.filter(({ files }) => files?.(file) ?? true);
  text.split('\n').forEach((line, i) => {
    for (const { what, test } of rules) if (test.test(line)) problems.push(`${file}:${i + 1}: ${what}: ${line.trim().slice(0, 120)}`);
  });
}

for (const file of tracked) {
  const path = join(root, file);
  const { size } = statSync(path);
  if (isGolden(file)) continue;
  if (size > LARGEST) problems.push(`${file}: ${(size / 2 ** 20).toFixed(1)} MiB, the most is ${LARGEST / 2 ** 20} outside goldens`);
  const bytes = readFileSync(path);
  if (isText(bytes)) checkLines(file, bytes.toString('utf8'));
}

const { license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folders = existsSync(join(root, 'packages')) ? readdirSync(join(root, 'packages')) : [];
for (const folder of folders.filter((name) => existsSync(join(root, 'packages', name, 'src')))) {
  const own = `packages/${folder}`;
  if (!tracked.includes(`${own}/README.md`)) problems.push(`${own}: no README.md`);
  const manifest = existsSync(join(root, own, 'package.json')) ? JSON.parse(readFileSync(join(root, own, 'package.json'), 'utf8')) : {};
  if (manifest.license !== license) problems.push(`${own}/package.json: license "${manifest.license}", the project's is "${license}"`);
}

if (problems.length > 0) {
  console.error(`Repository: ${problems.length} problem${problems.length === 1 ? '' : 's'}.`);
  for (const problem of problems.sort()) console.error(`  ${problem}`);
  process.exit(1);
}
console.log(`Repository: ${tracked.length} files in order.`);
