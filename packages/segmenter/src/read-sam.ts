import { ReidError, checkStateDict, openCheckpoint, type HostTensors } from '@reidkit/core-tensor';
import { readWeights, recognizeCheckpoint, type CheckpointRecognition } from '@reidkit/encoders';
import { Sam, type SamOptions } from './sam.ts';

/** A SAM with its numbers, apart from each other. */
export interface ReadSam {
  /** The model of the sizes that the file has, without numbers. */
  readonly sam: Sam;
  /** Numbers by path of `sam`. */
  readonly tensors: HostTensors;
  /** What the file is. */
  readonly title: string;
}

/** What names and shapes of a checkpoint do not tell. */
export interface ReadSamOptions {
  /** Heads of the mask decoder. Default: 8, as SAM has. */
  readonly decoderHeads?: number;
}

const TABLE_OF_LAYER = /^image_encoder\.blocks\.(\d+)\.attn\.rel_pos_h$/;

/** Rows of the relative positions of each layer. */
function tableRows({ mapped }: CheckpointRecognition): ReadonlyMap<number, number> {
  return new Map(
    [...mapped.tensors].flatMap(([name, { shape }]) => {
      const layer = TABLE_OF_LAYER.exec(name)?.[1];
      return layer === undefined ? [] : [[Number(layer), shape[0]!] as const];
    }),
  );
}

/** Sizes of the SAM that a checkpoint is of: layers whose tables span the grid see all of it, the others a window. */
function optionsOf(recognition: CheckpointRecognition, { decoderHeads = 8 }: ReadSamOptions): SamOptions {
  const { sizes } = recognition.report;
  const size = (name: string): number => sizes[name]!;
  const rows = tableRows(recognition);
  const whole = 2 * size('grid') - 1;
  const globalLayers = [...rows].filter(([, count]) => count === whole).map(([layer]) => layer);
  const windowed = [...rows.values()].find((count) => count !== whole);
  return {
    imageSize: size('grid') * size('patch'),
    patch: size('patch'),
    width: size('width'),
    depth: size('depth'),
    heads: size('width') / size('headWidth'),
    mlpRatio: size('hidden') / size('width'),
    window: windowed === undefined ? 0 : (windowed + 1) / 2,
    globalLayers,
    maskChannels: size('maskChannels'),
    decoder: {
      width: size('outputWidth'),
      depth: size('decoderDepth'),
      heads: decoderHeads,
      hidden: size('decoderHidden'),
      shrink: size('outputWidth') / size('decoderInside'),
      choices: size('masks') - 1,
      qualityHidden: size('qualityHidden'),
    },
  };
}

async function recognized(path: string): Promise<CheckpointRecognition> {
  const file = await openCheckpoint(path);
  try {
    const recognition = recognizeCheckpoint(file);
    const { missing, misshapen } = recognition.report;
    if (recognition.table?.layout.id === 'sam' && missing.length + misshapen.length === 0) return recognition;
    const what = recognition.table?.layout.id === 'sam' ? 'a Segment Anything that is not whole' : recognition.title;
    const faults = [...missing.map((name) => `missing "${name}"`), ...misshapen.map(({ sentence }) => sentence)];
    throw new ReidError(
      'CHECKPOINT_MISMATCH',
      `"${path}" is ${[what, ...faults.slice(0, 5)].join('; ')}; expected a whole Segment Anything.`,
      {
        hint: 'take sam_vit_b_01ec64.pth or another of its checkpoints; `reidkit inspect` says what a file is.',
      },
    );
  } finally {
    await file.close();
  }
}

/**
 * Reads a Segment Anything of any size, by the sizes that the file has: its own checkpoints, or what `reidkit import` made of them. Throws
 * FILE_NOT_FOUND, FILE_INVALID or CHECKPOINT_MISMATCH.
 */
export async function readSam(path: string, options: ReadSamOptions = {}): Promise<ReadSam> {
  const recognition = await recognized(path);
  const sam = new Sam(optionsOf(recognition, options));
  const { tensors } = await readWeights(path, sam);
  checkStateDict(sam, tensors, { source: path });
  return { sam, tensors, title: recognition.title };
}
