import { hostTensor, type HostTensor, type HostTensors } from '@reidkit/core-tensor';
import { resizePositions, type PatchGrid } from './resize-positions.ts';

/** Rows of positions: the first of the class or mean token, those of added tokens, those of a grid of patches. */
export interface PositionRows {
  readonly grid: PatchGrid;
  /** Rows of tokens between the first and the patches. Default: 0. */
  readonly added?: number;
}

const SIZES = /^(input_resolution|context_length|vocab_size)$/;

/** Positions `[1 + h·w, D]` of another grid as `[1 + added + h'·w', D]`; positions that fit stay as they are. */
export function clipPositions(positions: HostTensor, { grid, added = 0 }: PositionRows): HostTensor {
  const [rows = 0, width = 0] = positions.shape;
  const patches = grid[0] * grid[1];
  if (rows === 1 + added + patches) return positions;
  const resized = resizePositions({ ...positions, shape: [1, rows, width] }, { prefix: 1, to: grid }).data;
  const first = resized.subarray(0, width);
  const data = new Float32Array((1 + added + patches) * width);
  for (let i = 0; i <= added; i++) data.set(first, i * width);
  data.set(resized.subarray(width), (1 + added) * width);
  return hostTensor(data, [1 + added + patches, width]);
}

/**
 * One side of a whole CLIP's numbers, or that side alone if they are nothing else, with positions for other grids. `visual` is what stands
 * under that name, `text` all the rest but the logit scale and the sizes that OpenAI's archives note.
 */
export function clipNumbers(
  numbers: HostTensors,
  side: 'visual' | 'text',
  positions: Readonly<Record<string, PositionRows>> = {},
): HostTensors {
  const entries = Object.entries(numbers);
  const isWhole = entries.some(([path]) => path.startsWith('visual.'));
  const picked = entries.flatMap(([path, value]): [string, HostTensor][] => {
    const isVisual = path.startsWith('visual.');
    if (!isWhole) return [[path, value]];
    if (side === 'visual') return isVisual ? [[path.slice('visual.'.length), value]] : [];
    return isVisual || path === 'logit_scale' || SIZES.test(path) ? [] : [[path, value]];
  });
  return Object.fromEntries(
    picked.map(([path, value]) => {
      const rows = positions[path];
      return [path, rows ? clipPositions(value, rows) : value];
    }),
  );
}
