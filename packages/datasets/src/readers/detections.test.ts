import { afterAll, describe, expect, it } from 'vitest';
import { readDetections } from './detections.ts';
import { TestFolder } from './unpacked.fixture.ts';

const folder = new TestFolder();
afterAll(() => folder.remove());

const read = (text: string): ReturnType<typeof readDetections> => {
  folder.write({ 'found.jsonl': text });
  return readDetections(folder.at('found.jsonl'));
};

describe('readDetections', () => {
  it('reads boxes and scores by frame, and who found them', async () => {
    const { detector, frames, count, hash } = await read(
      '{"detections":1,"detector":"yolo 11"}\n{"frame":"frames/a.jpg","boxes":[[1,2,3.5,9],[-4,0,8,8]],"scores":[0.9,0.1]}\n{"frame":"frames/b.jpg","boxes":[],"scores":[]}\n',
    );
    expect(detector).toBe('yolo 11');
    expect(frames.get('frames/a.jpg')).toEqual({ boxes: [[1, 2, 3.5, 9], [-4, 0, 8, 8]], scores: [0.9, 0.1] }); // prettier-ignore
    expect([frames.size, count]).toEqual([2, 2]);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect((await read('{"frame":"frames/a.jpg","boxes":[],"scores":[]}')).detector).toBeUndefined();
  });

  it('names every wrong line', async () => {
    const lines = [
      '{"frame":"a.jpg","boxes":[[0,0,4,4]],"scores":[1]}',
      'no json',
      '{"frame":"a.jpg","boxes":[],"scores":[]}',
      '{"frame":"b.jpg","boxes":[[0,0,4,4]],"scores":[]}',
      '{"frame":"c.jpg","boxes":[[4,0,0,4]],"scores":[1]}',
      '{"frame":"../d.jpg","boxes":[],"scores":[]}',
      '{"frame":"e.jpg","boxes":[],"scores":[],"labels":[]}',
      '{"frame":"f.jpg","boxes":[[0,0,4,1e999]],"scores":[1]}',
    ];
    const error = await read(lines.join('\n')).catch((held: Error) => held);
    expect(error).toMatchObject({ code: 'FILE_INVALID' });
    const { message } = error as Error;
    for (const line of [2, 3, 4, 5, 6, 7, 8]) expect(message).toContain(`line ${line}: `);
    expect(message).toContain('the frame "a.jpg" was there before');
    expect(message).toContain('as many scores as boxes');
    await expect(read('{"detections":2}\n')).rejects.toThrow(/line 1: /);
    await expect(readDetections(folder.at('nothing.jsonl'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});
