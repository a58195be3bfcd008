import { Random } from '@reidkit/core-tensor/base';
import { drawBackdrop } from './backdrop.ts';
import { drawCameras, type Camera } from './camera.ts';
import type { Canvas } from './canvas.ts';
import { createCast, type Cast } from './cast.ts';
import { noiseTile, toneTable, type Sensor } from './sensor.ts';
import type { SyntheticOptions } from './synthetic-options.ts';

/** A camera with what it keeps from picture to picture. */
export interface Station extends Sensor {
  /** Its empty frame, drawn when it is first asked for. */
  readonly backdrop: () => Canvas;
}

/** Everything that pictures are made with: made once, then the same for every picture. */
export interface Studio {
  readonly options: SyntheticOptions;
  readonly random: Random;
  readonly cast: Cast;
  readonly stations: readonly Station[];
}

function once<T>(make: () => T): () => T {
  let held: { readonly value: T } | undefined;
  return () => (held ??= { value: make() }).value;
}

/** Sets up cameras and people for the options of a data set. */
export function createStudio(options: SyntheticOptions): Studio {
  const random = Random.seed(options.seed);
  const noise = noiseTile(random.fork('noise').stream());
  const cameras: Camera[] = options.domains.flatMap((domain, at) =>
    drawCameras({
      random: random.fork('cameras', at),
      domain,
      count: options.cameras,
      infrared: Math.min(options.cameras, options.infraredCameras),
      from: at * options.cameras,
      spread: options.difficulty,
    }),
  );
  const rows = Math.max(
    Math.round(options.size.height * 2),
    options.scenes.train + options.scenes.test > 0 ? options.scenes.size.height : 0,
  );
  return {
    options,
    random,
    cast: createCast(options),
    stations: cameras.map((camera) => ({
      camera,
      noise,
      tones: toneTable(camera.response),
      backdrop: once(() => drawBackdrop(camera, rows)),
    })),
  };
}
