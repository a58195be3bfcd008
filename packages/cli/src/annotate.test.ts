import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'reidkit-annotate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const IMAGES = 8;

beforeAll(() => {
  for (let k = 0; k < IMAGES; k++) {
    mkdirSync(join(folder, `data/${k % 4}`), { recursive: true });
    // Bytes after the end of the picture make every file another one.
    writeFileSync(join(folder, `data/${k % 4}/${k}.png`), Buffer.concat([Buffer.from(PIXEL, 'base64'), Buffer.from([k])]));
  }
});

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** A server of the chat protocol that answers the first `answers` questions and leaves the others open; `onHeld` learns how many those are. */
async function serve(answers: number, onHeld: (held: number) => void = () => undefined): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  let held = 0;
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      asked.push(/base64,([^"]+)/.exec(body)![1]!);
      if (asked.length > answers) return onHeld(++held);
      const reply = { choices: [{ message: { content: `Person ${asked.length}.` } }], usage: { total_tokens: 9 } };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked };
}

const command = (url: string, parallel: number): string[] => [
  'annotate',
  ...['--with', 'chat', '--data', join(folder, 'data'), '--parallel', String(parallel)],
  ...['--set', `url=${url}`, '--set', 'model=m', '--set', 'task=captions'],
];

describe('reidkit annotate', () => {
  it('killed and started again asks nothing again that was answered', async () => {
    let kill: (signal: NodeJS.Signals) => void = () => undefined;
    // Both workers wait for an answer, so whatever was answered before has been taken.
    const first = await serve(5, (held) => held === 2 && kill('SIGKILL'));
    const ended = await runCli(command(first.url, 2), { onStart: (end) => (kill = end) });
    expect(ended.signal).toBe('SIGKILL');
    expect(new Set(first.asked).size).toBe(7);
    server.closeAllConnections();
    server.close();
    const second = await serve(IMAGES);
    const { code, stdout } = await runCli(command(second.url, 2));
    expect(stdout).toContain('Wrote ');
    expect(code).toBe(0);
    expect(second.asked).toHaveLength(IMAGES - 5);
    expect(second.asked.filter((image) => first.asked.slice(0, 5).includes(image))).toEqual([]);
    const lines = readFileSync(join(folder, 'data/sidecars/chat-captions.jsonl'), 'utf8').trimEnd().split('\n');
    expect(JSON.parse(lines[0]!)).toEqual({ sidecar: 1, producer: 'annotator/chat 1', model: 'm', prompt: 'captions-1' });
    expect(lines).toHaveLength(IMAGES + 1);
  });

  it('without a model needs nobody', async () => {
    const { url } = await serve(0);
    const { code, stdout } = await runCli(['annotate', '--with', 'stripes', '--data', join(folder, 'data')]);
    expect([code, stdout.includes('part-boxes.jsonl'), url.length > 0]).toEqual([0, true, true]);
    const wrong = await runCli(['annotate', '--with', 'strips', '--data', join(folder, 'data')]);
    expect(wrong.stderr).toContain('Unknown component "annotator/strips"');
  });
});
