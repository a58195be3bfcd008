import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialState, Random, writeSafetensors } from '@reidkit/core-tensor';
import { createImageDecoder } from '@reidkit/datasets';
import { encodePng, Sam, SAM_TINY } from '@reidkit/segmenter';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'reidkit-segment-'));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  await writeSafetensors(at('sam.safetensors'), initialState(new Sam(SAM_TINY), Random.seed(1)));
  const data = Uint8Array.from(Random.seed(2).uniform(40 * 30 * 3), (value) => Math.floor(256 * value));
  writeFileSync(at('street.png'), encodePng({ width: 40, height: 30, channels: 3, data }));
});

describe('reidkit segment', () => {
  it('writes a mask for each box and a picture with all of them, and says what it found', async () => {
    const args = ['--weights', at('sam.safetensors'), '--box', '2,3,20,28', '--box', '10,0,40,30', '--out', at('mask.png'), '--overlay', at('overlay.png')]; // prettier-ignore
    const { code, stdout, stderr } = await runCli(['segment', at('street.png'), ...args]);
    expect([code, stderr.includes('Wrote ')]).toEqual([0, true]);
    const lines = stdout.trim().split('\n').map((line) => JSON.parse(line)); // prettier-ignore
    expect(lines.map(({ mask }) => mask)).toEqual([1, 2]);
    const decoder = await createImageDecoder();
    const mask = await decoder.decodeMask(readFileSync(at('mask.png')), 'mask');
    expect([mask.width, mask.height]).toEqual([40, 30]);
    const second = mask.data.reduce((sum, value) => sum + Number(value === 2), 0);
    expect(second).toBe(lines[1].pixels);
    expect(await decoder.decode(readFileSync(at('overlay.png')), 'overlay')).toMatchObject({ width: 40, height: 30, channels: 3 });
  });

  it('says what is missing or wrong', async () => {
    const image = at('street.png');
    const weights = ['--weights', at('sam.safetensors'), '--out', at('m.png')];
    const [nothing, words, outside, none] = await Promise.all([
      runCli(['segment', image, ...weights]),
      runCli(['segment', image, ...weights, '--box', '1,2,three,4']),
      runCli(['segment', image, ...weights, '--point', '50,3', '--backend', 'reference']),
      runCli(['segment', image, '--out', at('m.png'), '--point', '5,3'], { cwd: folder }),
    ]);
    expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining('--box x0,y0,x1,y1 or --point x,y')]);
    expect([words.code, words.stderr]).toEqual([2, expect.stringContaining('"1,2,three,4"')]);
    expect([outside.code, outside.stderr]).toEqual([1, expect.stringContaining('outside of a frame of 40 by 30')]);
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('reidkit import sam_vit_b_01ec64.pth')]);
  });
});
