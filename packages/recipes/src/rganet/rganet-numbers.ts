import type { HostTensor, HostTensors, ImageEncoder, TextEncoder } from '@reidkit/core-tensor';
import type { PromptBank } from '@reidkit/encoders';

/** Parts that numbers are brought to. */
export interface RganetPlaces {
  readonly encoder: ImageEncoder;
  readonly text?: (TextEncoder & { adaptCheckpoint?(numbers: HostTensors): HostTensors }) | undefined;
  readonly prompts?: PromptBank | undefined;
  /** Whether the map has a last layer of its own, which begins as a copy of the encoder's. */
  readonly ownLastBlock?: boolean;
}

const under = (prefix: string, numbers: HostTensors): [string, HostTensor][] =>
  Object.entries(numbers).map(([path, value]) => [`${prefix}.${path}`, value]);

const LAYER = /^image_encoder\.transformer\.resblocks\.(\d+)\./;
const OWN = 'dense.block.';

/** The numbers with those of the last layer once more, for the layer of the map, unless there are any for it. */
function withOwnBlock(numbers: HostTensors): HostTensors {
  if (Object.keys(numbers).some((path) => path.startsWith(OWN))) return numbers;
  const layers = Object.keys(numbers).map((path) => Number(LAYER.exec(path)?.[1] ?? -1));
  const last = Math.max(...layers);
  const copied = Object.entries(numbers).flatMap(([path, value], at): [string, HostTensor][] =>
    last >= 0 && layers[at] === last ? [[path.replace(LAYER, OWN), value]] : [],
  );
  return { ...numbers, ...Object.fromEntries(copied) };
}

const IMAGE = 'image_encoder.';
const TEXT = /^(text_encoder|prompt)\./;

/**
 * Numbers of a whole CLIP under OpenAI's names, or of an RGANet, as an RGANet takes them; without its text side where this one has none. Throws
 * CHECKPOINT_MISMATCH for positions of no known grid.
 */
export function rganetNumbers(numbers: HostTensors, { ownLastBlock = false, ...places }: RganetPlaces): HostTensors {
  const brought = bring(numbers, places);
  return ownLastBlock ? withOwnBlock(brought) : brought;
}

function bring(numbers: HostTensors, { encoder, text, prompts }: Omit<RganetPlaces, 'ownLastBlock'>): HostTensors {
  const own = Object.entries(numbers).filter(([path]) => path.startsWith(IMAGE));
  if (own.length > 0) {
    const image = Object.fromEntries(own.map(([path, value]) => [path.slice(IMAGE.length), value]));
    const others = Object.entries(numbers).filter(([path]) => !path.startsWith(IMAGE) && (text !== undefined || !TEXT.test(path)));
    return Object.fromEntries([...under('image_encoder', encoder.adaptCheckpoint?.(image) ?? image), ...others]);
  }
  const table = numbers['token_embedding.weight'];
  return Object.fromEntries([
    ...under('image_encoder', encoder.adaptCheckpoint?.(numbers) ?? numbers),
    ...(text ? under('text_encoder', text.adaptCheckpoint?.(numbers) ?? numbers) : []),
    ...(prompts && table ? under('prompt', prompts.numbersFrom(table)) : []),
  ]);
}
