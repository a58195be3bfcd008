import { existsSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { CropRecord, DatasetReader, Node } from '@reidkit/core-tensor';
import { createImageDecoder, recognizeDataset } from '@reidkit/datasets';
import type { GoldenCase } from './adapter.ts';

interface Registry {
  use<Built>(node: Node): Built;
}

interface Draw {
  readonly title: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly files: readonly string[];
}

/** Options that ask for a drawn gallery, by the key of the expectation. */
const TRIALS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  vis: { query: 'infrared' },
  nir: { query: 'visible' },
  all: { search: 'all' },
  indoor: { search: 'indoor' },
};

function drawsOf({ json }: GoldenCase): Draw[] {
  const trials = Object.entries((json.galleryTrials ?? {}) as Record<string, string[][]>).flatMap(([key, galleries]) =>
    galleries.map((files, trial) => ({ title: `gallery ${key} ${trial}`, options: { ...TRIALS[key], trial }, files })),
  );
  const shots = ((json.singleShot ?? []) as string[][]).map((files, gallery) => ({
    title: `single-shot gallery ${gallery}`,
    options: { gallery },
    files,
  }));
  return [...trials, ...shots];
}

async function comparePixels({ json, report }: GoldenCase, archive: string): Promise<void> {
  const decoder = await createImageDecoder();
  for (const [name, { h, w, corner }] of Object.entries((json.pixels ?? {}) as Record<string, { h: number; w: number; corner: number[] }>)) {
    const path = join(archive, 'extracted', `images_${name}.png`);
    if (!existsSync(path)) {
      report.check(name, false, 'was not taken out');
      continue;
    }
    const { width, height, data } = await decoder.decode(readFileSync(path), path);
    const last = [...data.subarray(data.length - 3)];
    report.check(name, width === w && height === h && last.join() === corner.join(), `${width} by ${height}, ${last.join(' ')}`);
  }
}

/** Compares galleries that protocols draw, and pictures that were taken out of a .mat. */
export async function compareDraws(golden: GoldenCase, archive: string, registry: Registry): Promise<void> {
  for (const { title, options, files } of drawsOf(golden)) {
    const node = await recognizeDataset(join(archive, golden.json.places[0].root));
    const dataset = await registry.use<DatasetReader>({ ...node, options: { ...(node.options as object), ...options } }).read();
    const gallery = dataset.splits.gallery as readonly CropRecord[];
    const got = gallery.map(({ file }) => relative(archive, join(dataset.root, file)).split(sep).join('/')).sort();
    golden.report.check(title, got.join() === [...files].sort().join(), `${got.slice(0, 3).join(', ')} …`);
  }
  await comparePixels(golden, archive);
}
