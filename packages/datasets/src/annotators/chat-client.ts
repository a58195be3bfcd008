import { setTimeout as wait } from 'node:timers/promises';
import { ReidError } from '@reidkit/core-tensor/base';
import { z } from 'zod';

/** Where a model is asked, and how often. */
export interface ChatServer {
  /** Base address of the interface, which ends in /v1 with most servers. */
  readonly url: string;
  readonly model: string;
  /** Sent as a bearer token. */
  readonly key?: string | undefined;
  readonly maxTokens: number;
  readonly temperature: number;
  /** Milliseconds that an answer may take. */
  readonly timeout: number;
  /** Tries of a question that the server could not answer. */
  readonly tries: number;
  /** Milliseconds before the second try; doubled for each further one. */
  readonly patience: number;
  /** Most questions of this run. */
  readonly calls: number;
  /** Most tokens of this run, as the server counts them. */
  readonly tokens: number;
}

/** A question about a picture. */
export interface ChatQuestion {
  readonly text: string;
  readonly image: Uint8Array;
  readonly mediaType: string;
}

/** What a model answered. */
export interface ChatAnswer {
  readonly text: string;
  readonly tokens: number | null;
}

const MOST_ANSWER = 1_000_000;

const completion = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullable() }) })).min(1),
  usage: z.object({ total_tokens: z.number() }).nullish(),
});

/** Whether asking again may help: the server was busy or broken. */
const isPassing = (status: number): boolean => status === 408 || status === 409 || status === 429 || status >= 500;

/** A try that failed in a way that may pass. */
interface FailedTry {
  readonly why: string;
  /** Milliseconds that the server asked to wait. */
  readonly after: number | null;
}

/** Asks a model about pictures, over the protocol of OpenAI's chat completions, within a budget. */
export class ChatClient {
  readonly #server: ChatServer;
  #calls = 0;
  #tokens = 0;

  constructor(server: ChatServer) {
    this.#server = server;
  }

  /** Questions that were sent in this run, tries counted. */
  get calls(): number {
    return this.#calls;
  }

  /** Asks one question. Rejects with INTERRUPTED when the budget is spent or `signal` says so, and with INVALID_ARGUMENT when the server refuses. */
  async ask(question: ChatQuestion, signal?: AbortSignal): Promise<ChatAnswer> {
    const { tries, patience, url } = this.#server;
    let last: FailedTry = { why: 'it was not asked', after: null };
    for (let k = 0; k < tries; k++) {
      if (k > 0) await wait(last.after ?? patience * 2 ** (k - 1), undefined, signal ? { signal } : {}).catch(() => undefined);
      if (signal?.aborted) throw new ReidError('INTERRUPTED', 'Annotating was stopped.', { hint: 'run the command again to go on.' });
      this.#spend();
      const answer = await this.#try(question, signal);
      if ('text' in answer) {
        this.#tokens += answer.tokens ?? 0;
        return answer;
      }
      last = answer;
    }
    throw new ReidError('INTERRUPTED', `${url} gave no answer in ${tries} tries: ${last.why}.`, {
      hint: 'what was answered is kept; run the command again to go on.',
    });
  }

  #spend(): void {
    const { calls, tokens } = this.#server;
    if (this.#calls >= calls || this.#tokens >= tokens) {
      const spent = `${this.#calls} of ${calls} questions and ${this.#tokens} of ${tokens} tokens`;
      throw new ReidError('INTERRUPTED', `The budget of this run is spent: ${spent}.`, {
        hint: 'what was answered is kept; run the command again to go on.',
      });
    }
    this.#calls++;
  }

  async #try(question: ChatQuestion, signal?: AbortSignal): Promise<ChatAnswer | FailedTry> {
    const { url, timeout, key } = this.#server;
    const limits = [AbortSignal.timeout(timeout), ...(signal ? [signal] : [])];
    try {
      const response = await fetch(`${url.replace(/\/$/, '')}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
        body: JSON.stringify(this.#body(question)),
        signal: AbortSignal.any(limits),
        redirect: 'error',
      });
      const text = (await response.text()).slice(0, MOST_ANSWER);
      if (response.ok) return readCompletion(text);
      if (!isPassing(response.status)) throw refused(url, response.status, text);
      const seconds = Number(response.headers.get('retry-after') ?? NaN);
      return { why: `status ${response.status}`, after: Number.isFinite(seconds) ? Math.min(seconds, 600) * 1000 : null };
    } catch (error) {
      if (ReidError.is(error)) throw error;
      const { message, cause } = error as Error;
      return { why: cause instanceof Error ? `${message} (${cause.message})` : message, after: null };
    }
  }

  #body({ text, image, mediaType }: ChatQuestion): object {
    const { model, maxTokens, temperature } = this.#server;
    const url = `data:${mediaType};base64,${Buffer.from(image).toString('base64')}`;
    const content = [
      { type: 'text', text },
      { type: 'image_url', image_url: { url } },
    ];
    return { model, max_tokens: maxTokens, temperature, messages: [{ role: 'user', content }] };
  }
}

function readCompletion(text: string): ChatAnswer | FailedTry {
  try {
    const { choices, usage } = completion.parse(JSON.parse(text));
    return { text: choices[0]!.message.content ?? '', tokens: usage?.total_tokens ?? null };
  } catch {
    return { why: `an answer that is none: ${text.slice(0, 200)}`, after: null };
  }
}

function refused(url: string, status: number, text: string): ReidError {
  const hint =
    status === 401 || status === 403 ? 'is the key in the environment variable that option "keyVariable" names?' : 'check url and model.';
  return new ReidError('INVALID_ARGUMENT', `${url} refused a question with status ${status}: ${text.slice(0, 300)}`, { hint });
}
