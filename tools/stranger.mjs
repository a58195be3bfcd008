// What a stranger does: installs the packed packages into an empty project outside the monorepo, together with a plugin of their own from a
// tarball; the plugin passes the conformance suites and is used from a recipe by name. Needs built packages (`npm run build`).
//   npm run stranger [-- --node 22,24]   also on these versions of Node, of which npm has the programs
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { node: { type: 'string', default: '' } } });
const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'reidkit-stranger-'));
const run = (program, args, cwd) => execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

try {
  const tarballs = readdirSync(join(root, 'packages')).map((folder) => {
    const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', scratch], join(root, 'packages', folder)));
    return join(scratch, filename);
  });
  const plugin = join(scratch, 'plugin');
  cpSync(join(root, 'tools/stranger-plugin'), plugin, { recursive: true });
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', scratch], plugin));
  tarballs.push(join(scratch, filename));
  console.log(`packed ${tarballs.length} packages`);

  const project = join(scratch, 'project');
  mkdirSync(project);
  const overrides = Object.fromEntries(
    tarballs.map((file) => [JSON.parse(run('tar', ['-xzOf', file, 'package/package.json'], scratch)).name, `file:${file}`]),
  );
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'project', private: true, type: 'module', dependencies: overrides }, null, 2),
  );
  run('npm', ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], project);
  console.log('installed them into an empty project');

  const version = run('npx', ['reidkit', '--help'], project);
  if (!version.includes('reidkit demo')) throw new Error('reidkit --help does not answer');
  cpSync(join(plugin, 'conformance.mjs'), join(project, 'conformance.mjs'));
  process.stdout.write(run(process.execPath, ['conformance.mjs'], project));

  run(
    'npx',
    ['reidkit', 'synth', 'data', '--set', 'trainIdentities=8', '--set', 'testIdentities=4', '--set', 'cameras=3', '--set', 'distractors=4'],
    project,
  );
  const recipe = JSON.parse(run('npx', ['reidkit', 'recipes', 'show', 'baseline', '--size', 'tiny'], project));
  recipe.plugins = ['reidkit-plugin-stranger'];
  recipe.model.options.encoder = { use: 'encoder/stranger-stripes', options: { width: 24 } };
  recipe.stages[0].losses.spread = { use: 'loss/stranger-spread', weight: 0.1 };
  recipe.stages[0].epochs = 1;
  recipe.streams.main.sampler.options = { identities: 4, images: 2 };
  writeFileSync(join(project, 'recipe.json'), JSON.stringify(recipe));
  run('npx', ['reidkit', 'train', 'recipe.json', '--data', 'data', '--out', 'run'], project);
  const { mAP } = JSON.parse(readFileSync(join(project, 'run/metrics.json'), 'utf8'));
  const { recipe: resolved } = JSON.parse(readFileSync(join(project, 'run/recipe.json'), 'utf8'));
  if (!(mAP > 0) || resolved.model.options.encoder.options.width !== 24) throw new Error('the run did not use the plugin');
  console.log(`trained with the plugin's loss and encoder: mAP ${mAP.toFixed(3)}`);

  for (const wanted of values.node.split(',').filter(Boolean)) {
    const name = `node-${process.platform}-${process.arch}`;
    run('npm', ['install', '--no-save', '--ignore-scripts', '--prefix', join(scratch, wanted), `${name}@${wanted}`], scratch);
    const node = join(scratch, wanted, 'node_modules', name, 'bin/node');
    const cli = join(project, 'node_modules/reidkit/dist/cli.js');
    run(node, ['conformance.mjs'], project);
    run(node, [cli, 'train', 'recipe.json', '--data', 'data', '--out', `run-${wanted}`], project);
    const again = JSON.parse(readFileSync(join(project, `run-${wanted}/metrics.json`), 'utf8')).mAP;
    if (again !== mAP) throw new Error(`Node ${wanted} gives mAP ${again}, not ${mAP}`);
    console.log(`the same on Node ${run(node, ['--version'], project).trim()}`);
  }
} catch (error) {
  console.error(`${error.message}\n${error.stdout ?? ''}\n${error.stderr ?? ''}`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
