import { instructionBank } from '@reidkit/datasets';

const MARKS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

/** Words of the captions of synthetic people. */
const CAPTION_WORDS =
  'a an and the of in with who has is wearing wears dressed worn by this that person pedestrian man woman he she his her it them young elderly ' +
  'hair head bald short long curly bob chin length ponytail bun brown black blond blonde grey gray white red orange yellow green blue navy purple ' +
  'pink beige olive teal maroon violet light dark t shirt sweater hoodie jacket coat tank top dress trousers jeans wide leggings shorts skirt ' +
  'sneakers shoes boots sandals backpack shoulder bag handbag suitcase on side left right cap beanie sun hat scarf glasses beard striped vertical ' +
  'stripes checked dots dotted two tone print chevron patchwork sleeveless sleeved walks passes camera chose today to go outfit clothes are stands ' +
  'there can be told we see somebody';

/** A small vocabulary of whole words: those of the sentences and of synthetic captions, letters and marks. */
export const TINY_WORDS: readonly string[] = [
  ...new Set([
    ...MARKS,
    ...CAPTION_WORDS.split(' '),
    ...Object.values(instructionBank().tasks)
      .flat()
      .flatMap((sentence) => sentence.toLowerCase().match(/[a-z]+/g) ?? []),
  ]),
];
