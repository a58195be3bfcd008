import { hostTensor, Random, type Tokenizer } from '@reidkit/core-tensor';
import { readTokenizer } from '@reidkit/encoders';
import { CHAT_STYLES, encodeChat, generate, loadLanguageModel, Reader } from '@reidkit/lmm';
import { type EngineChoice, startEngine } from '../engine.ts';
import { ProgressLine } from '../progress.ts';

/** Options of `reidkit generate`. */
export interface GenerateCommandOptions extends EngineChoice {
  readonly weights: string;
  /** Style of conversation that the prompt is a question in. */
  readonly chat?: string;
  readonly system: string;
  readonly words: number;
  readonly bits?: string;
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed: number;
}

/** The mark behind which a text ends, where the tokenizer has it as one word. */
function endMark(tokenizer: Tokenizer): readonly number[] {
  const begin = tokenizer.ids('').length;
  const ids = tokenizer.ids('</s>').slice(begin);
  return ids.length === 1 ? ids : [];
}

/** `reidkit generate --weights FOLDER PROMPT`. */
export async function generateCommand(prompt: string, options: GenerateCommandOptions): Promise<void> {
  const { weights, chat, system, words, bits, temperature, topP, seed } = options;
  const engine = await startEngine(options);
  const tokenizer = await readTokenizer(weights);
  const ids = chat
    ? encodeChat(tokenizer, { style: CHAT_STYLES[chat]!, system, turns: [{ question: prompt }] }).ids
    : tokenizer.ids(prompt);
  const line = new ProgressLine();
  line.update(`reading ${weights}`);
  const { model, parameters } = await loadLanguageModel(weights, bits ? { quantize: { bits: Number(bits) as 4 | 8 } } : {});
  const reader = new Reader(model, { makeProgram: engine.makeProgram, parameters, length: ids.length + words, chunks: [1, 64] });
  const start = performance.now();
  let count = 0;
  const sampling = temperature === undefined ? {} : { sampling: { random: Random.seed(seed), temperature, ...(topP ? { topP } : {}) } };
  const { rows } = await generate(
    reader,
    { ids: hostTensor(Int32Array.from(ids), [1, ids.length], 'int32') },
    { most: words, stop: endMark(tokenizer), onWord: () => line.update(`${++count} of ${words} words`), ...sampling },
  );
  line.done(`${ids.length} words read, ${count} written in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  console.log(tokenizer.decode(rows[0]!));
  reader.dispose();
}
