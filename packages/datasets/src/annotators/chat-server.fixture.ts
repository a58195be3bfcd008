import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A question as the server saw it. */
export interface SeenQuestion {
  readonly model: string;
  readonly text: string;
  readonly image: string;
  readonly authorization: string | undefined;
}

/** What the server does with a question; a number is a status, `hold` is no answer at all. */
export type Reply = { readonly answer: string } | { readonly status: number; readonly after?: number } | 'hold';

/** A server on loopback that speaks as much of the chat protocol as the annotator does. */
export interface ChatServerFixture {
  readonly url: string;
  readonly seen: SeenQuestion[];
  close(): Promise<void>;
}

interface Body {
  readonly model: string;
  readonly messages: readonly [
    { readonly content: readonly [{ readonly text: string }, { readonly image_url: { readonly url: string } }] },
  ];
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString()) as Body;
}

function send(response: ServerResponse, reply: Exclude<Reply, 'hold'>): void {
  if ('status' in reply) {
    response.writeHead(reply.status, reply.after === undefined ? {} : { 'retry-after': String(reply.after) }).end('{"error":"no"}');
    return;
  }
  const body = { choices: [{ message: { role: 'assistant', content: reply.answer } }], usage: { total_tokens: 100 } };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Starts a server whose `reply` gets each question and its number from 0. */
export async function startChatServer(reply: (question: SeenQuestion, number: number) => Reply): Promise<ChatServerFixture> {
  const seen: SeenQuestion[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { model, messages } = await bodyOf(request);
    const [text, image] = messages[0].content;
    const question = { model, text: text.text, image: image.image_url.url, authorization: request.headers.authorization };
    const chosen = reply(question, seen.push(question) - 1);
    if (chosen !== 'hold') send(response, chosen);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
