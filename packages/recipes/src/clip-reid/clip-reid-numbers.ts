import type { HostTensor, HostTensors, ImageEncoder, TextEncoder } from '@reidkit/core-tensor';
import { isBatchCounter, type PromptBank } from '@reidkit/encoders';

/** Parts that numbers are brought to. */
export interface ClipReidPlaces {
  readonly encoder: ImageEncoder;
  readonly text?: (TextEncoder & { adaptCheckpoint?(numbers: HostTensors): HostTensors }) | undefined;
  readonly prompts?: PromptBank | undefined;
}

const under = (prefix: string, numbers: HostTensors): [string, HostTensor][] =>
  Object.entries(numbers).map(([path, value]) => [`${prefix}.${path}`, value]);

const within = (prefix: string, numbers: HostTensors): HostTensors =>
  Object.fromEntries(
    Object.entries(numbers).flatMap(([path, value]) => (path.startsWith(`${prefix}.`) ? [[path.slice(prefix.length + 1), value]] : [])),
  );

/** CLIP's two sides, and the fixed words of the prompt, in the places of the model. */
function fromClip(numbers: HostTensors, { encoder, text, prompts }: ClipReidPlaces): HostTensors {
  const table = numbers['token_embedding.weight'];
  return Object.fromEntries([
    ...under('image_encoder', encoder.adaptCheckpoint?.(numbers) ?? numbers),
    ...(text ? under('text_encoder', text.adaptCheckpoint?.(numbers) ?? numbers) : []),
    ...(prompts && table ? under('prompt_learner', prompts.numbersFrom(table)) : []),
  ]);
}

/**
 * Numbers of a whole CLIP under OpenAI's names, or of CLIP-ReID's released code, as a CLIP-ReID model takes them. Throws CHECKPOINT_MISMATCH
 * for positions of no known grid.
 */
export function clipReidNumbers(numbers: HostTensors, places: ClipReidPlaces): HostTensors {
  const image = within('image_encoder', numbers);
  if (Object.keys(image).length === 0) return fromClip(numbers, places);
  const others = Object.entries(numbers).filter(([path]) => {
    const isText = /^(text_encoder|prompt_learner)\./.test(path);
    return !path.startsWith('image_encoder.') && !isBatchCounter(path) && (places.text !== undefined || !isText);
  });
  return Object.fromEntries([...under('image_encoder', places.encoder.adaptCheckpoint?.(image) ?? image), ...others]);
}
