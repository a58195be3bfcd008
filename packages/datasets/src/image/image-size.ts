import { open } from 'node:fs/promises';
import { readImageHeader } from './image-header.ts';

const FIRST_BYTES = 2 ** 16;

/** Width and height of an image file, from its header alone; undefined when it tells none or cannot be read. */
export async function imageSize(path: string): Promise<{ readonly width: number; readonly height: number } | undefined> {
  const file = await open(path).catch(() => undefined);
  if (!file) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(FIRST_BYTES), 0, FIRST_BYTES, 0);
    return readImageHeader(buffer.subarray(0, bytesRead))?.size;
  } finally {
    await file.close();
  }
}
