import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { defineConfig } from 'tsup';

// One configuration for every package. Entries are what package.json exports (condition "@reidkit/source"), its bins, and the
// files that run in threads of their own (`*-worker.ts`), which are started by URL and so must exist as files.
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  exports?: Record<string, string | Record<string, string>>;
  bin?: Record<string, string>;
};
const exported = Object.values(manifest.exports ?? {}).flatMap((target) =>
  typeof target === 'object' ? (target['@reidkit/source'] ?? []) : [],
);
const bins = Object.values(manifest.bin ?? {}).map((file) => file.replace(/^(\.\/)?dist\//, './src/').replace(/\.js$/, '.ts'));
const workers = (existsSync('src') ? readdirSync('src', { recursive: true, encoding: 'utf8' }) : [])
  .filter((file) => file.endsWith('-worker.ts'))
  .map((file) => `./src/${file}`);

const entries = [...new Set([...exported, ...bins, ...workers])];

export default defineConfig({
  entry: Object.fromEntries(entries.map((file) => [file.replace(/^\.\/src\//, '').replace(/\.ts$/, ''), file])),
  format: ['esm'],
  target: 'node20',
  splitting: true,
  sourcemap: false,
  clean: true,
  dts: { entry: Object.fromEntries(exported.map((file) => [file.replace(/^\.\/src\//, '').replace(/\.ts$/, ''), file])) },
});
