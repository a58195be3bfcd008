import { reportProblems, type HostTensors } from '@reidkit/core-tensor';
import { CLIP_HF_TABLE } from './clip-hf.ts';
import { numbersForTable, numbersFromTable } from './map-names.ts';
import { namePattern } from './name-pattern.ts';

const THEIRS = CLIP_HF_TABLE.renames!.flatMap(({ ours, theirs }) => [theirs].flat().filter((name) => name !== ours)).map(namePattern);

/** Whether names are those of Hugging Face's `CLIPModel` or of one side of it. */
export function isClipFromHuggingFace(numbers: HostTensors): boolean {
  return Object.keys(numbers).some((name) => THEIRS.some(({ match }) => match(name) !== undefined));
}

/**
 * Numbers of CLIP (or of one side of it) under Hugging Face's names as OpenAI names and shapes them: queries, keys and values stacked, projections
 * turned, `position_ids` left out. What it does not know keeps its name. Throws CHECKPOINT_MISMATCH.
 */
export function clipFromHuggingFace(numbers: HostTensors): HostTensors {
  const { numbers: ours, problems } = numbersFromTable(CLIP_HF_TABLE, numbers);
  if (problems.length === 0) return ours;
  const sentences = problems.map(({ sentence }) => sentence);
  throw reportProblems('CHECKPOINT_MISMATCH', "This CLIP under Hugging Face's names is not whole:", sentences);
}

/** Numbers of CLIP under OpenAI's names as Hugging Face names and shapes them. What it does not know keeps its name. */
export function clipToHuggingFace(numbers: HostTensors): HostTensors {
  return numbersForTable(CLIP_HF_TABLE, numbers);
}
