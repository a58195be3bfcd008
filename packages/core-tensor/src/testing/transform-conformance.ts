import type { FloatImage, GeometryStep, Picture, PictureSize, Sample, Transform } from '../kinds/transform.ts';
import { Random, type RandomStream } from '../random.ts';
import { demand, fault, type ConformanceCheck } from './conformance-check.ts';

/** What the transform is tried on. */
export interface TransformConformanceOptions {
  /** Sizes of pictures. Default: a portrait, a landscape and a very small one. */
  readonly sizes?: readonly PictureSize[];
  /** Seeds of random numbers. Default: 0 to 9. */
  readonly seeds?: readonly number[];
}

type Of<Stage extends Transform['stage']> = Extract<Transform, { readonly stage: Stage }>;
type Try<Stage extends Transform['stage']> = (transform: Of<Stage>, size: PictureSize, draws: () => RandomStream) => void;

const SIZES: readonly PictureSize[] = [
  { width: 13, height: 29 },
  { width: 31, height: 17 },
  { width: 2, height: 3 },
];

const isCount = (value: number): boolean => Number.isInteger(value) && value > 0;

function nextSize(size: PictureSize, step: GeometryStep): PictureSize {
  if (step.step === 'flip') return size;
  const { width, height } = step;
  demand(isCount(width) && isCount(height), `It plans a picture of ${width} × ${height} pixels.`);
  if (step.step === 'resize') return { width, height };
  demand(Number.isInteger(step.left) && Number.isInteger(step.top), `It plans a window at ${step.left}, ${step.top}: no whole pixels.`);
  const isSameSize = width === size.width && height === size.height;
  demand(!step.imageOnly || isSameSize, 'It plans a window of another size for the image alone, without its masks and boxes.');
  return { width, height };
}

function picture({ width, height }: PictureSize, channels: 1 | 3, name: string): Picture {
  const values = Random.seed(31)
    .fork(name)
    .uniform(width * height * channels);
  return { width, height, channels, data: Uint8Array.from(values, (value) => value * 256) };
}

function demandPicture(what: string, { width, height, channels, data }: Picture, size: PictureSize): void {
  demand(width === size.width && height === size.height, `${what} is ${width} × ${height}, the image is ${size.width} × ${size.height}.`);
  const expected = width * height * channels;
  demand(data.length === expected, `${what} has ${data.length} bytes for ${width} × ${height} × ${channels}.`);
}

const tryPicture: Try<'picture'> = (transform, size, draws) => {
  const sample = (): Sample => ({
    image: picture(size, 3, 'image'),
    masks: { person: picture(size, 1, 'mask') },
    boxes: { head: [0, 0, size.width / 2, size.height] },
  });
  const given = sample();
  const result = transform.apply(given, draws());
  demand(JSON.stringify(given) === JSON.stringify(sample()), 'It writes to the picture that it is given.');
  demandPicture('The image', result.image, result.image);
  demand(result.masks?.person !== undefined && result.boxes?.head !== undefined, 'It loses masks or boxes.');
  demandPicture('The mask', result.masks.person, result.image);
  demand(result.boxes.head.every(Number.isFinite), `It makes the box [${result.boxes.head}].`);
  demand(JSON.stringify(transform.apply(given, draws())) === JSON.stringify(result), 'The same draws give another picture.');
};

const tryFloat: Try<'float'> = (transform, size, draws) => {
  const image = (): FloatImage => ({ ...size, data: Random.seed(37).normal(size.width * size.height * 3) });
  const [first, second] = [image(), image()];
  transform.apply(first, draws());
  transform.apply(second, draws());
  const bad = first.data.find((value) => !Number.isFinite(value));
  demand(bad === undefined, `It writes ${bad} into the image.`);
  demand(first.data.join() === second.data.join(), 'The same draws give another image.');
};

const tryGeometry: Try<'geometry'> = (transform, size, draws) => {
  const steps = transform.plan(size, draws());
  steps.reduce(nextSize, size);
  demand(JSON.stringify(transform.plan(size, draws())) === JSON.stringify(steps), 'The same draws give another plan.');
};

const tryNormalize: Try<'normalize'> = ({ scale, mean, deviation }) => {
  demand([scale, ...mean, ...deviation].every(Number.isFinite), 'Scale, mean or deviation is not finite.');
  demand(mean.length === 3 && deviation.length === 3, 'Mean and deviation need one number for each of red, green and blue.');
  demand(!deviation.includes(0), `It divides by a deviation of 0: [${deviation}].`);
};

const TRIES: { readonly [Stage in Transform['stage']]: Try<Stage> } = {
  geometry: tryGeometry,
  picture: tryPicture,
  normalize: tryNormalize,
  float: tryFloat,
};

/** What every transform keeps to, at its stage. */
export function transformConformance(make: () => Transform, options: TransformConformanceOptions = {}): ConformanceCheck[] {
  const { sizes = SIZES, seeds = Array.from({ length: 10 }, (_, seed) => seed) } = options;
  const tryOn = (size: PictureSize): void => {
    const transform = make();
    const attempt = TRIES[transform.stage] as unknown as Try<never> | undefined;
    if (!attempt) fault(`It is of the stage "${String(transform.stage)}", which there is not.`);
    for (const seed of seeds) attempt(transform as never, size, () => Random.seed(seed).stream());
  };
  return sizes.map((size) => ({
    title: `gives a sound result from ${size.width} × ${size.height} pixels, the same for the same draws`,
    check: () => tryOn(size),
  }));
}
