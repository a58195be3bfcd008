import { readFile, stat } from 'node:fs/promises';
import { describeIssues, ReidError, reportProblems, type CropRecord, type RandomStream } from '@reidkit/core-tensor/base';
import { z } from 'zod';
import { INSTRUCTIONS } from './instructions.ts';

/** Least sentences of a task: fewer, and a model learns them by heart. */
const LEAST = 20;
const MOST_BYTES = 2 ** 24;

/** What stands for a caption in a sentence. */
const CAPTION = '{c}';

const task = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'expected small letters, digits and "-"').max(100); // prettier-ignore

const bankFile = z.strictObject({
  instructions: z.literal(1).describe('version of the format'),
  tasks: z.record(task, z.array(z.string().min(1).max(2000)).min(LEAST).max(10_000)),
});

/** What is the same in two sentences that say the same. */
const plain = (sentence: string): string => sentence.toLowerCase().replace(/[^\p{L}\p{N}{}]+/gu, ' ').trim(); // prettier-ignore

/** What is wrong with the sentences of a task. */
function problemsOf(name: string, sentences: readonly string[]): string[] {
  const seen = new Map<string, number>();
  const twice = sentences.flatMap((sentence, at) => {
    const before = seen.get(plain(sentence));
    seen.set(plain(sentence), before ?? at);
    return before === undefined ? [] : [`task "${name}": sentences ${before + 1} and ${at + 1} are the same ("${sentence}")`];
  });
  const wrapping = sentences.filter((sentence) => sentence.includes(CAPTION)).length;
  const mixed = wrapping > 0 && wrapping < sentences.length;
  return mixed ? [...twice, `task "${name}": ${wrapping} of ${sentences.length} sentences have "${CAPTION}", expected all or none`] : twice;
}

/** Sentences by task: one of them is drawn in training, tests take a fixed one. */
export class InstructionBank {
  /** Sentences by task. */
  readonly tasks: Readonly<Record<string, readonly string[]>>;

  /** Throws INVALID_ARGUMENT for a sentence that is there twice, and for a task of which only some wrap a caption. */
  constructor(tasks: Readonly<Record<string, readonly string[]>>) {
    const problems = Object.entries(tasks).flatMap(([name, sentences]) => problemsOf(name, sentences));
    if (problems.length > 0) throw reportProblems('INVALID_ARGUMENT', 'The bank of instructions cannot be used:', problems);
    this.tasks = tasks;
  }

  /** Sentences of a task. Throws UNKNOWN_NAME, listing the tasks. */
  of(name: string): readonly string[] {
    const sentences = Object.hasOwn(this.tasks, name) ? this.tasks[name] : undefined;
    if (sentences) return sentences;
    throw new ReidError('UNKNOWN_NAME', `The bank of instructions has no task "${name}".`, { hint: `it has ${Object.keys(this.tasks).join(', ')}.` }); // prettier-ignore
  }

  /** A sentence of a task by chance, each equally likely. */
  draw(name: string, random: RandomStream): string {
    return random.choice(this.of(name));
  }

  /** The sentence of a task that tests take, or another by its number from 0. Throws INVALID_ARGUMENT for a number that is not there. */
  fixed(name: string, number = 0): string {
    const sentences = this.of(name);
    const sentence = sentences[number];
    if (sentence !== undefined) return sentence;
    throw new ReidError('INVALID_ARGUMENT', `Task "${name}" has instructions 0 to ${sentences.length - 1}, got ${number}.`);
  }
}

/** The sentences that come with this package. */
export const instructionBank = (): InstructionBank => new InstructionBank(INSTRUCTIONS);

/**
 * Reads a bank of instructions: JSON `{"instructions": 1, "tasks": {NAME: [20 sentences or more]}}`. Rejects with FILE_NOT_FOUND, or FILE_INVALID
 * naming every problem.
 */
export async function readInstructionBank(path: string): Promise<InstructionBank> {
  const facts = await stat(path).catch(() => null);
  if (!facts?.isFile()) throw new ReidError('FILE_NOT_FOUND', `There is no file ${path}.`);
  if (facts.size > MOST_BYTES)
    throw new ReidError('FILE_INVALID', `${path} has ${facts.size} bytes, a bank of instructions at most ${MOST_BYTES}.`);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new ReidError('FILE_INVALID', `${path} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const parsed = bankFile.safeParse(json);
  const problems = parsed.success
    ? Object.entries(parsed.data.tasks).flatMap(([name, sentences]) => problemsOf(name, sentences))
    : describeIssues(parsed.error);
  if (!parsed.success || problems.length > 0) throw reportProblems('FILE_INVALID', `${path} is no bank of instructions:`, problems);
  return new InstructionBank(parsed.data.tasks);
}

/** A caption of a record. Throws DATASET_INVALID when it has none. */
function captionOf({ captions = [], file }: CropRecord, number: number): string {
  const caption = captions[number];
  if (caption !== undefined) return caption;
  throw new ReidError('DATASET_INVALID', `${file} has ${captions.length} captions; its instruction is caption ${number}.`);
}

/**
 * The instruction of a record as words: its own, one of its captions, or a sentence of the bank for its task, in which "{c}" becomes its first
 * caption; undefined for a picture, and where it has none. With `random` a sentence is drawn, without the fixed one is taken. Throws
 * DATASET_INVALID for a caption that is not there, UNKNOWN_NAME for a task that the bank does not have.
 */
export function instructionText(record: CropRecord, bank: InstructionBank, random?: RandomStream): string | undefined {
  const { instruction } = record;
  if (!instruction || 'image' in instruction) return undefined;
  if ('text' in instruction) return instruction.text;
  if ('caption' in instruction) return captionOf(record, instruction.caption);
  const sentence = random ? bank.draw(instruction.bank, random) : bank.fixed(instruction.bank);
  return sentence.includes(CAPTION) ? sentence.replaceAll(CAPTION, () => captionOf(record, 0)) : sentence;
}
