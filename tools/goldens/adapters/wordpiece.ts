import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTokenizer, wordPieceTokenizer } from '@reidkit/encoders';
import type { GoldenAdapter } from '../adapter.ts';
import { checkSame } from '../token-rows.ts';

interface Row {
  readonly text: string;
  readonly ids: readonly number[];
  readonly cased_ids: readonly number[];
  readonly padded12: readonly number[];
  readonly mask12: readonly number[];
  readonly decoded: string;
}

export const adapter: GoldenAdapter = {
  family: 'wordpiece',
  async run({ folder, json, report }) {
    const { vocab_file: list, tokenizer_file: file, lowercase: lowerCase, vocab_size: size } = json.config;
    const words = readFileSync(join(folder, list), 'utf8').trimEnd().split('\n');
    const cased = wordPieceTokenizer(words, { lowerCase: false });
    for (const tokenizer of [wordPieceTokenizer(words, { lowerCase }), await readTokenizer(join(folder, list)), await readTokenizer(join(folder, file))]) {
      checkSame(report, 'vocabulary', tokenizer.vocabulary, size);
      for (const row of json.rows as Row[]) {
        const name = JSON.stringify(row.text.slice(0, 40));
        const { ids, mask } = tokenizer.encode([row.text], { length: 12, tooLong: 'truncate' });
        checkSame(report, `${name} ids`, tokenizer.ids(row.text), row.ids);
        checkSame(report, `${name} row`, [...ids.data], row.padded12);
        checkSame(report, `${name} mask`, [...mask.data], row.mask12);
        checkSame(report, `${name} decoded`, tokenizer.decode(row.ids), row.decoded);
        checkSame(report, `${name} cased`, cased.ids(row.text), row.cased_ids);
      }
    }
  },
};
