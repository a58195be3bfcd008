import { open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Logger } from '@reidkit/core-tensor';

// A TensorBoard event file is a list of TFRecords (length, masked CRC of the length, data, masked CRC of the data), each an Event message.
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C (Castagnoli) of bytes. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const masked = (bytes: Uint8Array): number => {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
};

function record(data: Uint8Array): Uint8Array {
  const framed = new Uint8Array(16 + data.byteLength);
  const view = new DataView(framed.buffer);
  view.setBigUint64(0, BigInt(data.byteLength), true);
  view.setUint32(8, masked(framed.subarray(0, 8)), true);
  framed.set(data, 12);
  view.setUint32(12 + data.byteLength, masked(data), true);
  return framed;
}

// Event { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5 { Value value = 1 { string tag = 1; float simple_value = 2 } } }
function event(seconds: number, step: number, numbers: Readonly<Record<string, number>> | 'brain.Event:2'): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Bit64).double(seconds);
  writer.tag(2, WireType.Varint).int64(step);
  if (typeof numbers === 'string') return writer.tag(3, WireType.LengthDelimited).string(numbers).finish();
  writer.tag(5, WireType.LengthDelimited).fork();
  for (const [name, value] of Object.entries(numbers)) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(name);
    writer.tag(2, WireType.Bit32).float(value);
    writer.join();
  }
  return writer.join().finish();
}

/** A logger that writes TensorBoard event files into a folder: the numbers of each event under `<kind>/<name>`, by step. */
export async function tensorBoardLogger(folder: string, now: () => number = Date.now): Promise<Logger> {
  const file = await open(join(folder, `events.out.tfevents.${Math.floor(now() / 1000)}.${hostname()}.${process.pid}`), 'w');
  let writing = file.appendFile(record(event(now() / 1000, 0, 'brain.Event:2')));
  return {
    log({ kind, step, numbers }) {
      const tagged = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [`${kind}/${name}`, value]));
      if (Object.keys(tagged).length === 0) return;
      const bytes = record(event(now() / 1000, step, tagged));
      writing = writing.then(() => file.appendFile(bytes));
    },
    async close() {
      await writing;
      await file.close();
    },
  };
}
