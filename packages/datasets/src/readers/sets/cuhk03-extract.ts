import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeFileAtomically } from '@reidkit/core-tensor/base';
import { cuhk03Name, openCuhk03Mat, type Cuhk03Form } from '../../files/cuhk03-mat.ts';
import { findRoot } from '../data-root.ts';
import { FindingList } from '../finding-list.ts';
import { CUHK03_MAT, CUHK03_SEARCH } from './cuhk03.ts';

/** What is taken out of cuhk-03.mat, and where to. */
export interface Cuhk03Extraction {
  /** The folder with cuhk03_release/cuhk-03.mat, or the one above. */
  readonly root: string;
  /** Where images_detected and images_labeled are made; by default the data set's own folder. */
  readonly out?: string;
  readonly forms?: readonly Cuhk03Form[];
  /** Called after every picture with pictures done and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Takes the images of CUHK03 out of its .mat, once, as PNG files under the names that lists use. Those that are there already stay. */
export async function extractCuhk03(extraction: Cuhk03Extraction): Promise<{ readonly out: string; readonly images: number }> {
  const { forms = ['detected', 'labeled'], onProgress } = extraction;
  const root = await findRoot(CUHK03_SEARCH, extraction.root, new FindingList());
  const out = resolve(extraction.out ?? root);
  const mat = await openCuhk03Mat(join(root, CUHK03_MAT));
  try {
    const { default: sharp } = await import('sharp');
    const places = forms.flatMap((form) => mat.places(form));
    for (const form of forms) await mkdir(join(out, `images_${form}`), { recursive: true });
    for (const [done, place] of places.entries()) {
      const path = join(out, `images_${place.form}`, cuhk03Name(place));
      if (!existsSync(path)) {
        const { width, height, data } = mat.picture(place);
        const png = await sharp(data, { raw: { width, height, channels: 3 } })
          .png()
          .toBuffer();
        await writeFileAtomically(path, png);
      }
      onProgress?.(done + 1, places.length);
    }
    return { out, images: places.length };
  } finally {
    mat.close();
  }
}
