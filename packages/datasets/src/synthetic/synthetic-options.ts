import { z } from 'zod';
import { DOMAIN_NAMES } from './domain.ts';
import { OCCLUDER_NAMES } from './occluder.ts';

const share = (text: string, value: number): z.ZodDefault<z.ZodNumber> => z.number().min(0).max(1).default(value).describe(text);

const range = (text: string, low: number, high: number) =>
  z
    .tuple([z.int().min(0).max(100), z.int().min(0).max(100)])
    .default([low, high])
    .describe(`${text}: lowest and highest number`);

const size = (width: number, height: number, text: string) =>
  z
    .strictObject({
      width: z.int().min(16).max(2048).describe('pixels'),
      height: z.int().min(32).max(2048).describe('pixels'),
    })
    .default({ width, height })
    .describe(text);

const difficulty = z.strictObject({
  lookalikes: z.int().min(1).max(24).default(12).describe('identities that share the same four colours and wear them in another order'),
  cast: share('how far the colours of cameras differ (white balance, hue, saturation)', 0.25),
  light: share('how far exposure and haze differ between cameras, and light between pictures', 0.25),
  blur: share('how unsharp the worst camera is, and how few pixels it has', 0.45),
  noise: share('sensor noise', 0.45),
  clutter: share('how many people and things stand behind a person', 0.35),
  misalignment: share('how loosely, and how often wrongly, crops are cut', 0.25),
});

const occlusion = z.strictObject({
  train: share('probability that something stands in front of a person in training pictures', 0.06),
  query: share('the same in queries', 0.06),
  gallery: share('the same in the gallery', 0.06),
  kinds: z
    .array(z.enum(OCCLUDER_NAMES))
    .min(1)
    .default([...OCCLUDER_NAMES])
    .describe('what stands in front'),
});

const sidecars = z.strictObject({
  masks: z.boolean().default(true).describe('person masks, one PNG per crop'),
  parts: z.boolean().default(true).describe('part masks (1 head, 2 upper body, 3 lower body, 4 foot), one PNG per crop'),
  garments: z.boolean().default(true).describe('pictures of the upper garment alone, one JPEG per outfit'),
  captions: z.int().min(0).max(14).default(2).describe('sentences per crop'),
});

const scenes = z.strictObject({
  train: z.int().min(0).max(100_000).default(0).describe('frames with training identities'),
  test: z.int().min(0).max(100_000).default(0).describe('frames with test identities'),
  size: size(480, 300, 'size of a frame'),
  persons: range('people in a frame', 2, 5),
  identities: z.int().min(1).max(9999).default(24).describe('identities of a split that walk through its frames'),
  strangers: share('probability that a person in a frame is somebody without an identity', 0.15),
});

/** Options of synthetic pedestrians. Everything has a default; the defaults are the demo's data set. */
export const syntheticOptions = z.strictObject({
  seed: z.int().min(0).default(1).describe('seed of everything: the same seed gives the same bytes'),
  trainIdentities: z.int().min(0).max(8000).default(400).describe('people in training'),
  testIdentities: z.int().min(0).max(8000).default(120).describe('other people in query and gallery'),
  trainImages: range('training pictures of an identity per camera and outfit', 1, 2),
  galleryImages: range('gallery pictures of an identity per camera and outfit', 1, 3),
  queries: z.int().min(0).max(100).default(2).describe('queries per test identity, from different cameras as far as there are any'),
  distractors: z.int().min(0).max(1_000_000).default(600).describe('gallery pictures of nobody in the data set (identity 0)'),
  junk: z.int().min(0).max(100_000).default(30).describe('badly cut pictures in the gallery folder (identity -1), which readers leave out'),
  cameras: z.int().min(1).max(99).default(6).describe('cameras per domain'),
  infraredCameras: z.int().min(0).max(99).default(0).describe('how many of them take near infrared pictures'),
  domains: z
    .array(z.enum(DOMAIN_NAMES))
    .min(1)
    .default(['street'])
    .describe('places; identities are dealt out to them in turn and each place has cameras of its own'),
  outfits: z.int().min(1).max(16).default(1).describe('outfits per identity'),
  companions: z
    .enum(['none', 'train', 'all'])
    .default('none')
    .describe('pictures in which an identity always stands behind a thing of its own, always the same one'),
  size: size(64, 128, 'size of a crop'),
  quality: z.int().min(30).max(100).default(90).describe('JPEG quality'),
  difficulty: difficulty.prefault({}),
  occlusion: occlusion.prefault({}),
  sidecars: sidecars.prefault({}),
  scenes: scenes.prefault({}),
});

/** Options with every default filled in. */
export type SyntheticOptions = z.output<typeof syntheticOptions>;

/** Options as a user writes them. */
export type SyntheticInput = z.input<typeof syntheticOptions>;
