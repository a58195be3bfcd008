import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ReidError, type Tokenizer } from '@reidkit/core-tensor';
import { VocabularyTokenizer, type TokenizerFile } from '@reidkit/encoders';

const MOST_BYTES = 2 ** 26;
/** Words of a row where a caller does not say how many. */
const ROW = 2048;

/** The tokens of FusionSegReID: the person is there, is not there, and stands for the query. */
export const REGION_TOKENS = ['[SEG]', '[REJ]', '[RGN]'] as const;

async function tokenizerFile(path: string): Promise<TokenizerFile> {
  const facts = await stat(path).catch(() => undefined);
  const file = facts?.isDirectory() ? join(path, 'tokenizer.json') : path;
  const size = await stat(file).then((found) => found.size, () => -1); // prettier-ignore
  if (size < 0) throw new ReidError('FILE_NOT_FOUND', `There is no ${file}.`, { hint: 'bring the tokenizer.json of the model.' });
  if (size > MOST_BYTES) throw new ReidError('FILE_INVALID', `${file} has ${size} bytes, a vocabulary at most ${MOST_BYTES}.`);
  try {
    const json = JSON.parse(await readFile(file, 'utf8')) as TokenizerFile | null;
    if (typeof json?.model?.vocab === 'object') return json;
  } catch (cause) {
    throw new ReidError('FILE_INVALID', `${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
  throw new ReidError('FILE_INVALID', `${file} has no "model" with a vocabulary.`);
}

/** A `tokenizer.json` with tokens more behind its vocabulary; those that it has already keep their ids. */
export function withTokens(file: TokenizerFile, tokens: readonly string[]): TokenizerFile {
  const added = [...(file.added_tokens ?? [])];
  const ids = [...Object.values(file.model.vocab), ...added.map(({ id }) => id)];
  const known = new Set([...Object.keys(file.model.vocab), ...added.map(({ content }) => content)]);
  let next = 1 + ids.reduce((most, id) => Math.max(most, id), -1);
  const plain = { special: false, normalized: false, single_word: false, lstrip: false, rstrip: false };
  const fresh = [...new Set(tokens)].filter((content) => !known.has(content)).map((content) => ({ id: next++, content, ...plain }));
  return { ...file, added_tokens: [...added, ...fresh] };
}

/**
 * The tokenizer of a language model with tokens more, each one word: from its `tokenizer.json` or the folder with it. Throws FILE_NOT_FOUND or
 * FILE_INVALID.
 */
export async function readTokenizerWith(path: string, tokens: readonly string[] = REGION_TOKENS, length = ROW): Promise<Tokenizer> {
  const file = withTokens(await tokenizerFile(path), tokens);
  const pad = file.model.vocab['<unk>'] ?? 0;
  return new VocabularyTokenizer({ file, length, pad });
}

/** Ids of tokens by name. Throws INVALID_ARGUMENT for one that is not exactly one word of the tokenizer. */
export function tokenIds(tokenizer: Tokenizer, tokens: readonly string[]): ReadonlyMap<string, number> {
  const begin = tokenizer.ids('').length;
  return new Map(
    tokens.map((token) => {
      // A space that the tokenizer puts in front of every text is no part of the token.
      const ids = tokenizer.ids(token).slice(begin);
      const own = ids.filter((id) => tokenizer.decode([id]).trim() !== '');
      if (own.length === 1) return [token, own[0]!] as const;
      throw new ReidError('INVALID_ARGUMENT', `"${token}" is ${own.length} words of this tokenizer, a token must be one.`, {
        hint: 'read the tokenizer by readTokenizerWith(path, tokens).',
      });
    }),
  );
}
