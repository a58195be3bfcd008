import { Random, type RandomStream } from '@reidkit/core-tensor/base';
import type { SyntheticOptions } from './synthetic-options.ts';

/** Splits of crops and the Market-1501 folders they are written to. */
export const CROP_FOLDERS = { train: 'bounding_box_train', query: 'query', gallery: 'bounding_box_test' } as const;

/** Split of a crop. */
export type CropSplit = keyof typeof CROP_FOLDERS;

/** What a crop shows: an identity, somebody else, no person at all, or a piece of an identity. */
export type CropKind = 'identity' | 'stranger' | 'background' | 'fragment';

/** One crop to be drawn. */
export interface CropJob {
  readonly split: CropSplit;
  readonly kind: CropKind;
  /** Who is drawn: number of an identity (from 1), or of a stranger. */
  readonly person: number;
  /** Identity in the file name: 0 for distractors, −1 for junk. */
  readonly identity: number;
  /** From 0, over all identities and outfits; null where nobody with outfits is shown. */
  readonly clothes: number | null;
  readonly outfit: number;
  /** From 0. */
  readonly camera: number;
  /** Tells pictures apart that agree in everything above. */
  readonly take: number;
  /** Path below the data set's root. */
  readonly file: string;
}

/** One frame to be drawn. */
export interface SceneJob {
  readonly split: 'train' | 'test';
  readonly camera: number;
  /** Numbers of identities, or null for strangers. */
  readonly persons: readonly (number | null)[];
  readonly take: number;
  readonly file: string;
}

/** Everything that is to be drawn, in the order of the records. */
export interface Plan {
  readonly crops: readonly CropJob[];
  /** Number of every outfit whose garment is pictured, from 0. */
  readonly garments: readonly number[];
  readonly scenes: readonly SceneJob[];
}

const digits = (value: number, count: number): string => String(value).padStart(count, '0');

const between = (draws: RandomStream, [low, high]: readonly [number, number]): number => low + draws.integer(Math.max(1, high - low + 1));

/** Cameras of the domain that an identity walks in: domains take turns. */
export function camerasOf(options: SyntheticOptions, identity: number): number[] {
  const domain = (identity - 1) % options.domains.length;
  return Array.from({ length: options.cameras }, (_, k) => domain * options.cameras + k);
}

type Draft = Omit<CropJob, 'file'>;

/** Gives crops their names: `0002_c1s1_000451_00.jpg` is identity 2 at camera 1, sequence 1, frame 451. */
function named(drafts: readonly Draft[]): CropJob[] {
  const frames = new Map<number, number>();
  return drafts.map((draft) => {
    const frame = (frames.get(draft.camera) ?? 0) + 1;
    frames.set(draft.camera, frame);
    const identity = draft.identity < 0 ? '-1' : digits(draft.identity, 4);
    const sequence = Math.floor(frame / 20_000) + 1;
    const name = `${identity}_c${draft.camera + 1}s${sequence}_${digits(frame * 25, 6)}_00.jpg`;
    return { ...draft, file: `${CROP_FOLDERS[draft.split]}/${name}` };
  });
}

function identityDrafts(options: SyntheticOptions, identity: number, split: CropSplit, random: Random): Draft[] {
  const draws = random.fork('count', split, identity).stream();
  const counts = split === 'train' ? options.trainImages : options.galleryImages;
  return camerasOf(options, identity).flatMap((camera) =>
    Array.from({ length: options.outfits }, (_, outfit) => ({ camera, outfit, count: between(draws, counts) })).flatMap(
      ({ outfit, count }) =>
        Array.from({ length: count }, (_, take) => ({
          split,
          kind: 'identity' as const,
          person: identity,
          identity,
          clothes: clothesOf(options, identity, outfit),
          outfit,
          camera,
          take,
        })),
    ),
  );
}

/** Number of an outfit over all identities, from 0. */
const clothesOf = (options: SyntheticOptions, identity: number, outfit: number): number => (identity - 1) * options.outfits + outfit;

function queryDrafts(options: SyntheticOptions, identity: number, random: Random): Draft[] {
  const draws = random.fork('query', identity).stream();
  const cameras = camerasOf(options, identity);
  const visible = draws.shuffle(cameras.slice(0, options.cameras - options.infraredCameras));
  const infrared = draws.shuffle(cameras.slice(options.cameras - options.infraredCameras));
  const order = Array.from({ length: options.cameras }, (_, k) =>
    [infrared[k], visible[k]].filter((camera) => camera !== undefined),
  ).flat();
  const first = draws.integer(options.outfits);
  return Array.from({ length: options.queries }, (_, k) => {
    const outfit = (first + k) % options.outfits;
    return {
      split: 'query' as const,
      kind: 'identity' as const,
      person: identity,
      identity,
      clothes: clothesOf(options, identity, outfit),
      outfit,
      camera: order[k % order.length]!,
      take: Math.floor(k / order.length),
    };
  });
}

function extraDrafts(options: SyntheticOptions, random: Random): Draft[] {
  const draws = random.fork('extra').stream();
  const cameras = options.cameras * options.domains.length;
  const nobody = { split: 'gallery' as const, clothes: null, outfit: 0 };
  const distractors = Array.from({ length: options.distractors }, (_, take): Draft => {
    const kind = draws.chance(0.12) ? 'background' : 'stranger';
    return { ...nobody, kind, person: draws.integer(2 ** 30), identity: 0, camera: draws.integer(cameras), take };
  });
  if (options.testIdentities === 0) return distractors;
  const junk = Array.from({ length: options.junk }, (_, take): Draft => {
    const person = options.trainIdentities + 1 + draws.integer(options.testIdentities);
    return { ...nobody, kind: 'fragment', person, identity: -1, camera: draws.choice(camerasOf(options, person)), take };
  });
  return [...distractors, ...junk];
}

function sceneJobs(options: SyntheticOptions, split: 'train' | 'test', random: Random): SceneJob[] {
  const { scenes, trainIdentities, testIdentities } = options;
  const draws = random.fork('scenes', split).stream();
  const first = split === 'train' ? 1 : trainIdentities + 1;
  const all = Array.from({ length: split === 'train' ? trainIdentities : testIdentities }, (_, k) => first + k);
  const walkers = draws.shuffle(all).slice(0, scenes.identities);
  const waiting = options.domains.map((_, domain) => ({ domain, people: [] as number[] }));
  return Array.from({ length: scenes[split] }, (_, take) => {
    const domain = take % options.domains.length;
    const held = waiting[domain]!;
    const here = walkers.filter((identity) => (identity - 1) % options.domains.length === domain);
    const persons: (number | null)[] = [];
    const count = Math.max(1, between(draws, scenes.persons));
    while (persons.length < count) {
      if (held.people.length === 0) held.people = draws.shuffle(here);
      const next = draws.chance(scenes.strangers) ? -1 : held.people.findIndex((identity) => !persons.includes(identity));
      persons.push(next < 0 ? null : held.people.splice(next, 1)[0]!);
    }
    const camera = domain * options.cameras + draws.integer(options.cameras);
    return { split, camera, persons, take, file: `frames/${split}/c${camera + 1}s1_${digits((take + 1) * 25, 6)}.jpg` };
  });
}

/** Everything that a data set of these options consists of. A pure function of the options. */
export function makePlan(options: SyntheticOptions): Plan {
  const random = Random.seed(options.seed).fork('plan');
  const { trainIdentities, testIdentities } = options;
  const train = Array.from({ length: trainIdentities }, (_, k) => k + 1);
  const test = Array.from({ length: testIdentities }, (_, k) => trainIdentities + k + 1);
  const drafts = [
    ...train.flatMap((identity) => identityDrafts(options, identity, 'train', random)),
    ...test.flatMap((identity) => queryDrafts(options, identity, random)),
    ...test.flatMap((identity) => identityDrafts(options, identity, 'gallery', random)),
    ...extraDrafts(options, random),
  ];
  return {
    crops: named(drafts),
    garments: options.sidecars.garments ? Array.from({ length: (trainIdentities + testIdentities) * options.outfits }, (_, k) => k) : [],
    scenes: [...sceneJobs(options, 'train', random), ...sceneJobs(options, 'test', random)],
  };
}
