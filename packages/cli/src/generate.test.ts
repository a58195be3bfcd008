import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialState, Random, writeSafetensors } from '@reidkit/core-tensor';
import { readTokenizer } from '@reidkit/encoders';
import { llama } from '@reidkit/lmm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'reidkit-generate-'));
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  const tokenizer = join(import.meta.dirname, '../../../goldens/segmentation-lmm/conversation-v1.tokenizer.json');
  copyFileSync(tokenizer, join(folder, 'tokenizer.json'));
  const { vocabulary } = await readTokenizer(folder);
  const sizes = { vocabulary, width: 64, hidden: 64, depth: 1, heads: 2, epsilon: 1e-6 };
  await writeSafetensors(join(folder, 'model.safetensors'), initialState(llama(sizes), Random.seed(1)), { floats: 'F16' });
  const config = { vocab_size: vocabulary, hidden_size: 64, intermediate_size: 64, num_hidden_layers: 1, num_attention_heads: 2 };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
});

describe('reidkit generate', () => {
  it('writes on, the same for the same seed, with weights of 8 bits too', async () => {
    const run = (...more: string[]) =>
      runCli(['generate', 'the man', '--weights', folder, '--words', '6', '--backend', 'reference', ...more]);
    const [drawn, again, small] = await Promise.all([
      run('--temperature', '3', '--seed', '4'),
      run('--temperature', '3', '--seed', '4'),
      run('--bits', '8', '--chat', 'plain'),
    ]);
    expect([drawn.code, small.code]).toEqual([0, 0]);
    expect(drawn.stderr).toContain('words read, 6 written');
    expect(drawn.stdout).toBe(again.stdout);
    expect(small.stdout.trim()).not.toBe('');
  });
});
