import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ReidError, type Tokenizer } from '@reidkit/core-tensor';
import { bytePairsOfOpenAi, clipTokenizer, type BytePairs } from './clip-tokenizer.ts';
import { VocabularyTokenizer, type TokenizerFile } from './vocabulary-tokenizer.ts';
import { wordPieceTokenizer } from './word-piece-tokenizer.ts';

/** Bytes of the largest vocabulary that is read; those of today's models have 20 million at most. */
const MOST_BYTES = 2 ** 26;
/** Words of a row where a file does not say how many its model takes, or says that there is no limit. */
const ROW = 512;
const MOST_ROW = 2 ** 17;

const OPENAI = 'bpe_simple_vocab_16e6.txt';

/** Which files make a tokenizer, for messages. */
const WANTED = `tokenizer.json, or vocab.json with merges.txt, or ${OPENAI}.gz (CLIP), or vocab.txt (BERT)`;

async function readBytes(path: string): Promise<Buffer> {
  const { size } = await stat(path);
  if (size <= MOST_BYTES) return readFile(path);
  throw new ReidError('FILE_INVALID', `${path} has ${size} bytes, a vocabulary at most ${MOST_BYTES}.`);
}

const readText = async (path: string): Promise<string> => (await readBytes(path)).toString('utf8');

async function readJson(path: string): Promise<Record<string, unknown>> {
  try {
    const value = JSON.parse(await readText(path)) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ReidError('FILE_INVALID', `${path} is not JSON: ${error.message}`, { cause: error });
  }
  throw new ReidError('FILE_INVALID', `${path} is JSON, but no object.`);
}

const isVocabulary = (value: unknown): value is Record<string, number> =>
  typeof value === 'object' && value !== null && Object.values(value).every((id) => Number.isInteger(id) && (id as number) >= 0);

/** Pairs as `merges.txt` and `tokenizer.json` list them: in one text, or apart. Throws FILE_INVALID. */
function pairsOf(path: string, vocab: unknown, merges: readonly unknown[]): BytePairs {
  const pairs = merges.map((merge) => (typeof merge === 'string' ? merge.split(' ') : merge) as [string, string]);
  if (!isVocabulary(vocab) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    throw new ReidError('FILE_INVALID', `${path} holds no vocabulary with pairs of words.`, { hint: `bring ${WANTED}.` });
  }
  return { vocab, merges: pairs };
}

/** Options that stand beside a vocabulary in `tokenizer_config.json`. */
async function configOf(folder: string): Promise<{ readonly lowerCase: boolean; readonly length: number }> {
  const path = join(folder, 'tokenizer_config.json');
  const config = await stat(path).then(() => readJson(path), () => ({}) as Record<string, unknown>); // prettier-ignore
  const most = config.model_max_length;
  return { lowerCase: config.do_lower_case !== false, length: typeof most === 'number' && most <= MOST_ROW ? most : ROW };
}

async function fromTokenizerJson(path: string): Promise<Tokenizer> {
  const file = (await readJson(path)) as unknown as TokenizerFile;
  const { model, added_tokens: added = [] } = file;
  if (!model || !isVocabulary(model.vocab)) throw new ReidError('FILE_INVALID', `${path} has no "model" with a vocabulary.`, { hint: `bring ${WANTED}.` }); // prettier-ignore
  const words = new Map([...Object.entries(model.vocab), ...added.map(({ content, id }) => [content, id] as const)]);
  if (model.type === 'BPE' && model.end_of_word_suffix === '</w>') {
    return clipTokenizer(pairsOf(path, Object.fromEntries(words), model.merges as unknown[]));
  }
  const { length } = await configOf(dirname(path));
  const pad = ['[PAD]', '<pad>', '<unk>'].map((word) => words.get(word)).find((id) => id !== undefined);
  return new VocabularyTokenizer({ file, length, pad: pad ?? 0 });
}

async function fromMerges(folder: string): Promise<Tokenizer> {
  const path = join(folder, 'merges.txt');
  const lines = (await readText(path)).split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#version'));
  const pairs = pairsOf(path, await readJson(join(folder, 'vocab.json')), lines);
  if (lines.some((line) => line.endsWith('</w>'))) return clipTokenizer(pairs);
  throw new ReidError('FILE_INVALID', `${folder} has byte pairs of a model that is not CLIP.`, { hint: 'bring its tokenizer.json.' });
}

async function fromOpenAi(path: string): Promise<Tokenizer> {
  const bytes = await readBytes(path);
  const text = path.endsWith('.gz') ? gunzipSync(bytes, { maxOutputLength: MOST_BYTES }) : bytes;
  return clipTokenizer(bytePairsOfOpenAi(text.toString('utf8')));
}

async function fromVocabularyText(path: string): Promise<Tokenizer> {
  const words = (await readText(path)).split(/\r?\n/);
  return wordPieceTokenizer(words.at(-1) === '' ? words.slice(0, -1) : words, await configOf(dirname(path)));
}

function refuse(path: string, names: readonly string[]): never {
  if (names.includes('tokenizer.model')) {
    throw new ReidError('FILE_INVALID', `${path} has its vocabulary as "tokenizer.model" (SentencePiece), which reidkit does not read.`, {
      hint: 'bring the tokenizer.json of the same model; Hugging Face\'s "fast" tokenizers write it by save_pretrained.',
    });
  }
  throw new ReidError('FILE_NOT_FOUND', `There is no vocabulary in ${path}.`, { hint: `bring ${WANTED}; reidkit ships none.` });
}

/**
 * The tokenizer of a checkpoint from the files beside it: a folder, or one of the files. Recognised are `tokenizer.json` (CLIP's byte pairs,
 * BERT's WordPiece, LLaMA's byte pairs with byte fallback, and what else follows its rules), `vocab.json` with `merges.txt` and OpenAI's
 * `bpe_simple_vocab_16e6.txt.gz` (CLIP), and `vocab.txt` (BERT). Throws FILE_NOT_FOUND or FILE_INVALID, saying which file to bring.
 */
export async function readTokenizer(path: string): Promise<Tokenizer> {
  const facts = await stat(path).catch(() => refuse(path, []));
  const folder = facts.isDirectory() ? path : dirname(path);
  const names = facts.isDirectory() ? await readdir(path) : [basename(path)];
  const readers: readonly (readonly [file: string, read: (path: string) => Promise<Tokenizer>])[] = [
    ['tokenizer.json', fromTokenizerJson],
    ['merges.txt', () => fromMerges(folder)],
    ['vocab.json', () => fromMerges(folder)],
    [`${OPENAI}.gz`, fromOpenAi],
    [OPENAI, fromOpenAi],
    ['vocab.txt', fromVocabularyText],
  ];
  for (const [name, read] of readers) if (names.includes(name)) return read(join(folder, name));
  // A file under a name of its own is told by its ending.
  const [name] = names;
  if (!facts.isDirectory() && name?.endsWith('.json')) return fromTokenizerJson(path);
  if (!facts.isDirectory() && name?.endsWith('.txt')) return fromVocabularyText(path);
  return refuse(path, names);
}
