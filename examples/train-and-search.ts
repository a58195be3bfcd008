// Draw people, train the tiny baseline for a moment, and look one of them up in the gallery.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { baseline, builtInPlugins, createRegistry, loadRun, onnxBackend, synthesize, train, useBackend } from 'reidkit';

const { values } = parseArgs({ options: { epochs: { type: 'string', default: '3' }, people: { type: 'string', default: '12' } } });
const folder = await mkdtemp(join(tmpdir(), 'reidkit-example-'));
const data = join(folder, 'people');
const people = Number(values.people);
await synthesize({ out: data, options: { trainIdentities: people, testIdentities: 6, distractors: 6, cameras: 3 } });

const backend = await useBackend(onnxBackend());
const registry = createRegistry(...builtInPlugins);
const recipe = baseline({ size: 'tiny', data });
recipe.stages[0]!.epochs = Number(values.epochs);
recipe.streams.main!.sampler = { use: 'sampler/pk', options: { identities: 6, images: 2 } };
const { evaluation } = await train({ recipe, registry, backend, out: join(folder, 'run'), workers: 1 });
console.log(`mAP ${evaluation.summary.mAP.toFixed(3)} after ${values.epochs} epochs`);

const run = await loadRun(join(folder, 'run'), { registry, backend });
const gallery = (await readdir(join(data, 'bounding_box_test'))).filter((file) => !file.startsWith('-1'));
const query = (await readdir(join(data, 'query')))[0]!;
const wanted = await run.embed(join(data, 'query', query));
const found = await run.embedAll(gallery.map((file) => join(data, 'bounding_box_test', file)), { workers: 1 }); // prettier-ignore
const cosine = (row: number): number => {
  const other = found.subarray(row * wanted.length, (row + 1) * wanted.length);
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  return dot(wanted, other) / Math.sqrt(dot(wanted, wanted) * dot(other, other));
};
const ranked = gallery.map((file, row) => ({ file, similarity: cosine(row) })).sort((a, b) => b.similarity - a.similarity);
console.log(`${query} looks most like ${ranked.slice(0, 3).map(({ file }) => file).join(', ')}`); // prettier-ignore
if (!(ranked[0]!.similarity > ranked.at(-1)!.similarity)) throw new Error('all similarities are the same');
await rm(folder, { recursive: true });
