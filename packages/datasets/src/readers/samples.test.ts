import { createRegistry, type CropRecord, type Dataset, type DatasetReader } from '@reidkit/core-tensor/base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { datasetsPlugin } from '../plugin.ts';
import { TestFolder } from './unpacked.fixture.ts';

const folder = new TestFolder();
beforeAll(() => folder.write({ 'a/1.jpg': 'x', 'a/2.jpg': 'x', 'b/3.jpg': 'x', 'templates/7.jpg': 'x' }));
afterAll(() => folder.remove());

function read(samples: readonly object[], captions: readonly object[] = []): Promise<Dataset> {
  const lines = (list: readonly object[]): string => list.map((line) => JSON.stringify(line)).join('\n');
  folder.write({ 'samples.jsonl': lines(samples), 'captions.jsonl': lines(captions) });
  const options = { file: folder.at('samples.jsonl'), captions: folder.at('captions.jsonl') };
  return createRegistry(datasetsPlugin).use<DatasetReader>({ use: 'dataset/samples', options }).read();
}

const sample = (image: string, more: object = {}): object => ({ image, pid: 4, split: 'train', dataset: 'one', ...more });

describe('dataset/samples', () => {
  it('reads images of several data sets with every kind of instruction, the same image twice among them', async () => {
    const { splits } = await read(
      [
        sample('a/1.jpg', { cam: 2, clothes: 5, modality: 'infrared', instruction: { caption: 'k1' } }),
        sample('a/1.jpg', { cam: 2, instruction: { bank: 'traditional' } }),
        sample('b/3.jpg', { dataset: 'two', pid: 9, instruction: { image: 'templates/7.jpg' } }),
        sample('a/2.jpg', { split: 'query', instruction: { text: 'in red' } }),
      ],
      [{ key: 'k1', text: 'A man in black.', lang: 'en', annotator: 'chat 1' }],
    );
    const [first, second, third] = splits.train as readonly CropRecord[];
    expect(first).toMatchObject({ file: 'a/1.jpg', identity: 4, camera: 0, clothes: 5, modality: 'infrared', domain: 'one', captions: ['A man in black.'], instruction: { caption: 0 } }); // prettier-ignore
    expect(second!.instruction).toEqual({ bank: 'traditional' });
    expect(third).toMatchObject({ domain: 'two', camera: null, instruction: { image: 'templates/7.jpg' } });
    expect(splits.query![0]).toMatchObject({ instruction: { text: 'in red' } });
  });

  it('names every line that cannot be used', async () => {
    const error: Error = await read(
      [
        sample('a/1.jpg', { instruction: { caption: 'nobody' } }),
        sample('../1.jpg'),
        sample('a/2.jpg', { pid: 'x' }),
        sample('a/9.jpg'),
        sample('a/2.jpg', { instruction: { image: 'templates/8.jpg' } }),
      ],
      [{ key: 'k', text: 'a' }, { key: 'k', text: 'b' }, { key: 'm', text: '' }],
    ).then(() => new Error('nothing was wrong'), (thrown: Error) => thrown); // prettier-ignore
    for (const part of [
      'line 1: there is no caption "nobody"',
      'line 2: ',
      'line 3: ',
      'no file a/9.jpg',
      'no file templates/8.jpg',
      'the caption "k" is there twice',
      'captions.jsonl line 3: ',
    ]) {
      expect(error.message).toContain(part);
    }
  });
});
