import { join } from 'node:path';
import { readTokenizer } from '@reidkit/encoders';
import { CHAT_STYLES, encodeChat, padChats, type Chat, type ChatTurn } from '@reidkit/lmm';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { checkSame } from '../token-rows.ts';

const SHORT = { llava_v1: 'v1', llava_llama_2: 'l2' } as const;

function turnsOf(dialogue: readonly string[], isMarked: boolean): ChatTurn[] {
  const marked = (text: string): string => (isMarked ? text.replaceAll('<image>', '<im_start><image><im_end>') : text);
  return Array.from({ length: dialogue.length / 2 }, (_, i) => ({ question: marked(dialogue[2 * i]!), answer: marked(dialogue[2 * i + 1]!) }));
}

function openOf(turns: readonly ChatTurn[]): ChatTurn[] {
  return turns.map((turn, i) => (i === turns.length - 1 ? { question: turn.question } : turn));
}

async function compareStyle(golden: GoldenCase, name: keyof typeof SHORT): Promise<void> {
  const { report, json } = golden;
  const { dialogues, system, im_start_end: isMarked } = json.config;
  const tokenizer = await readTokenizer(join(golden.folder, `${json.case}.tokenizer.json`));
  const chatOf = (turns: readonly ChatTurn[]): Chat => ({ style: CHAT_STYLES[name]!, system, turns });
  const chats = (dialogues as string[][]).map((dialogue, i) => {
    const turns = turnsOf(dialogue, isMarked);
    const [whole, open] = [encodeChat(tokenizer, chatOf(turns)), encodeChat(tokenizer, chatOf(openOf(turns)))];
    checkSame(report, `${name} prompt ${i}`, whole.text, json[name].prompts[i]);
    checkSame(report, `${name} open prompt ${i}`, open.text, json[name].open_prompts[i]);
    const key = `out/${SHORT[name]}.${i}`;
    report.compare(`${key}.ids`, whole.ids, golden.tensor(`${key}.ids`));
    report.compare(`${key}.labels`, whole.labels, golden.tensor(`${key}.labels`));
    report.compare(`${key}.open_ids`, open.ids, golden.tensor(`${key}.open_ids`));
    return whole;
  });
  const { ids, labels, mask } = padChats(chats);
  const rows = { ids, labels, attention_mask: mask };
  for (const [part, { data }] of Object.entries(rows)) {
    report.compare(`${name} batch ${part}`, data, golden.tensor(`out/${SHORT[name]}.batch.${part}`));
  }
}

export const adapter: GoldenAdapter = {
  family: 'conversation',
  async run(golden) {
    for (const name of Object.keys(SHORT) as (keyof typeof SHORT)[]) await compareStyle(golden, name);
  },
};
