import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ReidError, type Tokenizer } from '@reidkit/core-tensor';
import { cleanClipText, readTokenizer } from '@reidkit/encoders';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { checkSame } from '../token-rows.ts';

interface Row {
  readonly text: string;
  readonly cleaned: string;
  readonly ids: readonly number[];
  readonly decoded: string;
  readonly context77: readonly number[] | null;
  readonly context77_truncated: readonly number[];
  readonly eot_index?: number;
}

/** Sets without a vocabulary of their own use that of the set beside them. */
function vocabularyOf({ folder, json }: GoldenCase): string {
  const own = join(folder, json.config.vocab_file);
  return existsSync(own) ? own : join(import.meta.dirname, '../../../goldens/models/tokenizers', json.config.vocab_file);
}

const rowOrError = (tokenizer: Tokenizer, text: string, length: number): number[] | null => {
  try {
    return [...tokenizer.encode([text], { length }).ids.data];
  } catch (error) {
    if (ReidError.is(error)) return null;
    throw error;
  }
};

export const adapter: GoldenAdapter = {
  family: 'clip-bpe',
  async run(golden) {
    const { report, json } = golden;
    const { start, end, context, vocab_size: size } = json.config;
    const tokenizer = await readTokenizer(vocabularyOf(golden));
    checkSame(report, 'vocabulary', tokenizer.vocabulary, size);
    for (const row of json.rows as Row[]) {
      const name = JSON.stringify(row.text.slice(0, 40));
      checkSame(report, `${name} cleaned`, cleanClipText(row.text), row.cleaned);
      checkSame(report, `${name} ids`, tokenizer.ids(row.text), [start, ...row.ids, end]);
      checkSame(report, `${name} row`, rowOrError(tokenizer, row.text, context), row.context77);
      const cut = [...tokenizer.encode([row.text], { length: context, tooLong: 'truncate' }).ids.data];
      checkSame(report, `${name} truncated`, cut, row.context77_truncated);
      checkSame(report, `${name} end`, row.context77?.indexOf(Math.max(...row.context77)), row.eot_index);
      // The reference writes the marks that stand in a text and a blank behind every word.
      if (row.ids.every((id) => id !== start && id !== end)) checkSame(report, `${name} decoded`, tokenizer.decode(row.ids), row.decoded.trimEnd());
    }
  },
};
