import { defineComponent, ReidError, type Annotation, type AnnotationItem, type Annotator } from '@reidkit/core-tensor/base';
import sharp from 'sharp';
import { z } from 'zod';
import { readImageHeader } from '../image/image-header.ts';
import { AnswerCache } from './answer-cache.ts';
import { ChatClient, type ChatQuestion } from './chat-client.ts';
import { CHAT_TASKS, type ChatTask } from './chat-tasks.ts';

const options = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('base address of the interface, such as http://127.0.0.1:8000/v1; pictures are sent there'),
  model: z.string().min(1).max(200).describe('name of the model, as the server knows it'),
  task: z.enum(['captions', 'parts', 'instructions']).describe('what is asked for'),
  keyVariable: z.string().min(1).default('OPENAI_API_KEY').describe('environment variable with the key; without one none is sent'),
  cache: z.string().min(1).describe('folder where answers are kept; a question that is answered there is not asked again'),
  prompt: z
    .strictObject({ text: z.string().min(1).max(10_000), version: z.string().min(1).max(100) })
    .optional()
    .describe('other words for the question, and a version to tell them by'),
  boxes: z.enum(['pixels', 'unit', 'thousand']).default('pixels').describe('in what the model gives boxes: pixels, 0 to 1, or 0 to 1000'),
  attempts: z.int().min(1).max(10).default(2).describe('questions about one picture until an answer can be used'),
  tries: z.int().min(1).max(20).default(5).describe('tries of one question while the server is busy'),
  patience: z.int().min(0).max(600_000).default(1000).describe('milliseconds before the second try; doubled for each further one'),
  timeout: z.int().min(1).max(3_600_000).default(120_000).describe('milliseconds that an answer may take'),
  calls: z.int().min(1).default(1_000_000).describe('most questions of one run'),
  tokens: z.int().min(1).default(1_000_000_000).describe('most tokens of one run, as the server counts them'),
  maxTokens: z.int().min(1).default(400).describe('most tokens of an answer'),
  temperature: z.number().min(0).max(2).default(0),
});

type Options = z.output<typeof options>;

/** The picture that is shown: the image as it is on disk, or the person cut out of it. */
async function pictureOf(item: AnnotationItem): Promise<Pick<ChatQuestion, 'image' | 'mediaType'>> {
  const bytes = await item.bytes();
  const format = readImageHeader(bytes)?.format;
  const isCommon = format === 'jpeg' || format === 'png' || format === 'webp' || format === 'gif';
  if (!item.person && isCommon) return { image: bytes, mediaType: `image/${format}` };
  const [x0, y0, x1, y1] = item.person?.box ?? [0, 0, item.width, item.height];
  const [left, top] = [Math.floor(Math.max(0, x0)), Math.floor(Math.max(0, y0))];
  const size = { width: Math.ceil(Math.min(item.width, x1)) - left, height: Math.ceil(Math.min(item.height, y1)) - top };
  const cut = sharp(bytes).extract({ left, top, ...size });
  return { image: await cut.jpeg({ quality: 95 }).toBuffer(), mediaType: 'image/jpeg' };
}

class ChatAnnotator implements Annotator {
  readonly name: string;
  readonly producer = 'annotator/chat 1';
  readonly model: string;
  readonly prompt: string;
  readonly gives: Annotator['gives'];
  readonly #options: Options;
  readonly #task: ChatTask;
  readonly #client: ChatClient;
  readonly #cache: AnswerCache;

  constructor(chosen: Options) {
    this.#options = chosen;
    this.#task = CHAT_TASKS[chosen.task];
    this.name = `chat-${chosen.task}`;
    this.model = chosen.model;
    this.prompt = chosen.prompt?.version ?? this.#task.version;
    this.gives = [this.#task.gives];
    this.#cache = new AnswerCache(chosen.cache);
    this.#client = new ChatClient({ ...chosen, key: process.env[chosen.keyVariable] });
  }

  async annotate(item: AnnotationItem, signal?: AbortSignal): Promise<Annotation | null> {
    const picture = await pictureOf(item).catch((cause: unknown) => {
      throw new ReidError('IMAGE_UNREADABLE', `${item.file} cannot be shown: ${(cause as Error).message}`, { cause });
    });
    for (let attempt = 1; attempt <= this.#options.attempts; attempt++) {
      const annotation = this.#task.read(await this.#answer(picture, attempt, signal), item, this.#options.boxes);
      if (annotation) return annotation;
    }
    return null;
  }

  async #answer(picture: Pick<ChatQuestion, 'image' | 'mediaType'>, attempt: number, signal?: AbortSignal): Promise<string> {
    const { temperature, maxTokens } = this.#options;
    const text = this.#options.prompt?.text ?? this.#task.prompt;
    const key = AnswerCache.key([this.model, text, `${temperature} ${maxTokens} ${attempt}`, picture.image]);
    const kept = await this.#cache.get(key);
    if (kept) return kept.answer;
    const { text: answer, tokens } = await this.#client.ask({ text, ...picture }, signal);
    await this.#cache.set(key, { answer, tokens, model: this.model, prompt: this.prompt });
    return answer;
  }
}

/**
 * `annotator/chat`: captions, part boxes or instructions from a model behind the chat interface that OpenAI's server and most others speak. Every
 * answer is on disk before anything else is done with it.
 */
export const chat = defineComponent({
  summary: 'Captions, part boxes or instructions from a model behind an OpenAI-compatible chat interface with pictures.',
  options,
  build: (chosen): Annotator => new ChatAnnotator(chosen),
});
