import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ReidError } from '@reidkit/core-tensor/base';

/** Places of the worker seen from here: beside this file in the sources; in a build this code may sit in a chunk at the root. */
const PLACES = ['./loader-worker.ts', './loader-worker.js', './loader/loader-worker.js', '../loader/loader-worker.js'];

/** Where the code of a loader thread is. Throws FILE_NOT_FOUND when it was not shipped. */
export function loaderWorkerUrl(): URL {
  const urls = PLACES.map((place) => new URL(place, import.meta.url));
  const found = urls.find((url) => url.protocol === 'file:' && existsSync(fileURLToPath(url)));
  if (found) return found;
  throw new ReidError('FILE_NOT_FOUND', `The loader's worker file is not there; looked for ${urls.map(String).join(', ')}.`, {
    hint: 'a bundler must copy @reidkit/datasets as it is (mark it as external), or use workers: 0.',
  });
}
