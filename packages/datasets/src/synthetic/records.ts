import type { CropRecord, FrameRecord, Random } from '@reidkit/core-tensor/base';
import type { Appearance } from './appearance.ts';
import { writeCaptions } from './caption.ts';
import type { Crop } from './draw-crop.ts';
import type { Scene } from './draw-scene.ts';
import type { CropJob, SceneJob } from './plan.ts';
import type { Studio } from './studio.ts';

/** What the generator knows of a person, in words. */
export interface PersonAttributes {
  readonly gender: string;
  readonly age: string;
  readonly build: 'slim' | 'average' | 'broad';
  readonly hair: { readonly style: string; readonly colour: string };
  readonly hasBeard: boolean;
  readonly hasGlasses: boolean;
  readonly hat: { readonly kind: string; readonly colour: string } | null;
  readonly bag: { readonly kind: string; readonly colour: string; readonly side: string } | null;
  readonly shoes: { readonly kind: string; readonly colour: string };
  readonly upper: {
    readonly kind: string;
    readonly colour: string;
    readonly pattern: string;
    readonly accent: string;
    readonly sleeves: string;
  };
  /** Null under a dress. */
  readonly lower: { readonly kind: string; readonly colour: string; readonly pattern: string; readonly accent: string } | null;
  readonly scarf: string | null;
}

/** A line of `records.jsonl`: a crop record, and what only a generator knows. */
export interface SyntheticCropRecord extends CropRecord {
  /** Share of the person that things in front hide; null without a person. */
  readonly occluded: number | null;
  readonly attributes: PersonAttributes | null;
}

/** Paths of what is written beside a crop, below the data set's root. */
export const sidecarPaths = (job: CropJob): { readonly mask: string; readonly partMask: string } => {
  const name = job.file.slice(job.file.lastIndexOf('/') + 1).replace(/\.jpg$/, '.png');
  return { mask: `masks/${job.split}/${name}`, partMask: `parts/${job.split}/${name}` };
};

/** Path of the picture of an outfit's garment. */
export const garmentPath = (clothes: number): string => `garments/${String(clothes).padStart(5, '0')}.jpg`;

/** Path of the mask of the `k`-th person of a frame. */
export const scenePath = (job: SceneJob, k: number): string => job.file.replace(/^frames\//, 'frame-masks/').replace(/\.jpg$/, `_${k}.png`);

/** Attributes of a person in an outfit. */
function attributesOf(person: Appearance, outfit: number): PersonAttributes {
  const { upper, lower, scarf } = person.outfits[outfit]!;
  const { girth } = person.build;
  return {
    gender: person.gender,
    age: person.age,
    build: girth < 1.04 ? 'slim' : girth > 1.28 ? 'broad' : 'average',
    hair: { style: person.hair.style, colour: person.hair.colour.name },
    hasBeard: person.hasBeard,
    hasGlasses: person.hasGlasses,
    hat: person.hat.kind === 'none' ? null : { kind: person.hat.kind, colour: person.hat.colour.name },
    bag: person.bag.kind === 'none' ? null : { ...person.bag, colour: person.bag.colour.name },
    shoes: { kind: person.shoes.kind, colour: person.shoes.colour.name },
    upper: { kind: upper.kind, colour: upper.colour.name, pattern: upper.pattern, accent: upper.accent.name, sleeves: upper.sleeves },
    lower:
      upper.kind === 'dress' ? null : { kind: lower.kind, colour: lower.colour.name, pattern: lower.pattern, accent: lower.accent.name },
    scarf: scarf?.name ?? null,
  };
}

const captionsFor = (studio: Studio, who: { person: Appearance; outfit: number; random: Random }): string[] =>
  writeCaptions(who.person, who.person.outfits[who.outfit]!, { count: studio.options.sidecars.captions, draws: who.random.stream() });

/** Paths of the sidecars that the options ask for. */
function sidecarsOf(studio: Studio, job: CropJob): Pick<CropRecord, 'mask' | 'partMask' | 'garment' | 'clothes'> {
  const { masks, parts, garments } = studio.options.sidecars;
  const { mask, partMask } = sidecarPaths(job);
  const worn = job.clothes === null ? {} : { clothes: job.clothes, ...(garments ? { garment: garmentPath(job.clothes) } : {}) };
  return { ...worn, ...(masks ? { mask } : {}), ...(parts ? { partMask } : {}) };
}

/** Who is on a crop; null for a picture without a person. */
function personOn({ cast }: Studio, job: CropJob): Appearance | null {
  if (job.kind === 'background') return null;
  return job.kind === 'stranger' ? cast.stranger(job.person) : cast.identity(job.person);
}

/** The record of a drawn crop. */
export function cropRecord(studio: Studio, job: CropJob, crop: Crop): SyntheticCropRecord {
  const { camera } = studio.stations[job.camera]!;
  const person = personOn(studio, job);
  const random = studio.random.fork('caption', job.split, job.kind, job.person, job.outfit, job.camera, job.take);
  return {
    form: 'crop',
    file: job.file,
    split: job.split,
    identity: job.identity,
    camera: job.camera,
    domain: camera.domain,
    modality: camera.infrared ? 'infrared' : 'visible',
    ...(crop.view === null ? {} : { view: crop.view }),
    ...sidecarsOf(studio, job),
    partBoxes: crop.masks?.boxes ?? {},
    captions: person ? captionsFor(studio, { person, outfit: job.outfit, random }) : [],
    occluded: crop.masks && Math.round(crop.masks.occluded * 1000) / 1000,
    attributes: person && attributesOf(person, job.outfit),
  };
}

/** The record of a drawn frame: a line of `scenes.jsonl`, as `dataset/jsonl` reads it. */
export function sceneRecord(studio: Studio, job: SceneJob, scene: Scene): FrameRecord {
  return {
    form: 'frame',
    file: job.file,
    split: job.split,
    camera: job.camera,
    domain: studio.stations[job.camera]!.camera.domain,
    persons: scene.persons.map(({ identity, person, outfit, box }, k) => ({
      identity,
      box,
      mask: scenePath(job, k),
      captions: captionsFor(studio, { person, outfit, random: studio.random.fork('caption', 'scene', job.split, job.take, k) }),
    })),
  };
}
