import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { crc32c, tensorBoardLogger } from './tensorboard-log.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reidkit-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Data of each record, with its checksums checked. */
function records(file: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const masked = (bytes: Uint8Array): number => {
    const crc = crc32c(bytes);
    return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  };
  for (let at = 0; at < file.byteLength;) {
    const length = Number(view.getBigUint64(at, true));
    expect(view.getUint32(at + 8, true)).toBe(masked(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(view.getUint32(at + 12 + length, true)).toBe(masked(data));
    found.push(data);
    at += 16 + length;
  }
  return found;
}

describe('crc32c', () => {
  it('gives the known check value', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  });
});

describe('tensorBoardLogger', () => {
  it('writes records with right checksums: the version, then each event with its step and values', async () => {
    const logger = await tensorBoardLogger(folder, () => 1_700_000_000_000);
    logger.log({ kind: 'step', step: 300, epoch: 1, stage: 'train', numbers: { total: 2.5, rate: 0.25 } });
    logger.log({ kind: 'message', step: 301, epoch: 1, stage: 'train', numbers: {}, text: 'no numbers, no record' });
    await logger.close();
    const [name] = await readdir(folder);
    expect(name).toMatch(/^events\.out\.tfevents\.1700000000\./);
    const [version, event, ...others] = records(await readFile(join(folder, name!)));
    expect(others).toEqual([]);
    expect(new TextDecoder().decode(version)).toContain('brain.Event:2');
    const reader = new BinaryReader(event!);
    const seen: Record<number, unknown> = {};
    while (reader.pos < reader.len) {
      const [field, wire] = reader.tag();
      if (field === 1) seen[1] = reader.double();
      else if (field === 2) seen[2] = Number(reader.int64());
      else seen[field] = reader.skip(wire, field);
    }
    expect(seen[1]).toBe(1_700_000_000);
    expect(seen[2]).toBe(300);
    const text = new TextDecoder('latin1').decode(seen[5] as Uint8Array);
    expect(text).toContain('step/total');
    expect(text).toContain('step/rate');
  });
});
