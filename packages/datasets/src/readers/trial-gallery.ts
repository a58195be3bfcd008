import { PythonRandom } from './python-random.ts';

/** An image that a gallery may be drawn from. */
export interface GalleryCandidate {
  readonly file: string;
  readonly identity: number;
  readonly camera: number;
}

/**
 * The gallery of a trial of SYSU-MM01 and LLCM: of each person and camera one random image. Drawn as published: Python's numbers, seeded with
 * the trial, people and cameras by number, images by name.
 */
export function drawTrialGallery(candidates: readonly GalleryCandidate[], trial: number): string[] {
  const cells = new Map<string, GalleryCandidate[]>();
  for (const candidate of candidates) {
    const key = `${candidate.identity} ${candidate.camera}`;
    const cell = cells.get(key);
    if (cell) cell.push(candidate);
    else cells.set(key, [candidate]);
  }
  const random = new PythonRandom(trial);
  const sorted = [...cells.values()].sort(([a], [b]) => a!.identity - b!.identity || a!.camera - b!.camera);
  return sorted.map((cell) => random.choice(cell.map(({ file }) => file).sort()));
}
