import { join } from 'node:path';
import { readTokenizer } from '@reidkit/encoders';
import type { GoldenAdapter } from '../adapter.ts';
import { checkSame } from '../token-rows.ts';

interface Row {
  readonly text: string;
  readonly ids: readonly number[];
  readonly ids_without_special: readonly number[];
  readonly decoded: string;
}

export const adapter: GoldenAdapter = {
  family: 'llama-bpe',
  async run({ folder, json, report }) {
    const { tokenizer_file: file, vocab_size: size } = json.config;
    const tokenizer = await readTokenizer(join(folder, file));
    checkSame(report, 'vocabulary', tokenizer.vocabulary, size);
    const marks = tokenizer.ids('').length;
    for (const row of json.rows as Row[]) {
      const name = JSON.stringify(row.text.slice(0, 40));
      checkSame(report, `${name} ids`, tokenizer.ids(row.text), row.ids);
      checkSame(report, `${name} ids without marks`, tokenizer.ids(row.text).slice(marks), row.ids_without_special);
      checkSame(report, `${name} decoded`, tokenizer.decode(row.ids), row.decoded);
    }
  },
};
