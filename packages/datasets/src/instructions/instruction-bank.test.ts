import { Random, type CropRecord } from '@reidkit/core-tensor/base';
import { afterAll, describe, expect, it } from 'vitest';
import { TestFolder } from '../readers/unpacked.fixture.ts';
import { instructionBank, InstructionBank, instructionText, readInstructionBank } from './instruction-bank.ts';

const folder = new TestFolder();
afterAll(() => folder.remove());

const twenty = (word: string): string[] => Array.from({ length: 20 }, (_, i) => `${word} ${i}`);
const record = (more: Partial<CropRecord>): CropRecord => ({
  form: 'crop',
  file: 'a.jpg',
  split: 'query',
  identity: 1,
  camera: 0,
  ...more,
});

describe('InstructionBank', () => {
  it('comes with twenty sentences and more for each of the six tasks, no two of them the same', () => {
    const { tasks } = instructionBank();
    expect(Object.keys(tasks)).toEqual([
      'traditional',
      'clothes-changing',
      'clothes-template',
      'visible-infrared',
      'language',
      'text-to-image',
    ]);
    for (const sentences of Object.values(tasks)) expect(sentences.length).toBeGreaterThanOrEqual(20);
    const wraps = (name: string): boolean => tasks[name]!.every((sentence) => sentence.includes('{c}'));
    expect(Object.keys(tasks).map(wraps)).toEqual([false, false, false, false, true, true]);
  });

  it('draws every sentence in training, by the seed, and always takes the same in tests', () => {
    const bank = new InstructionBank({ walk: twenty('find') });
    const draw = (seed: number): string[] => {
      const random = Random.seed(seed).stream();
      return Array.from({ length: 400 }, () => bank.draw('walk', random));
    };
    expect(new Set(draw(1)).size).toBe(20);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(2)).not.toEqual(draw(1));
    expect([bank.fixed('walk'), bank.fixed('walk', 3)]).toEqual(['find 0', 'find 3']);
    expect(() => bank.fixed('walk', 20)).toThrow('has instructions 0 to 19, got 20');
    expect(() => bank.fixed('run')).toThrow('has no task "run"');
  });

  it('is read from JSON, with every problem named', async () => {
    folder.write({
      'bank.json': JSON.stringify({ instructions: 1, tasks: { walk: twenty('find') } }),
      'short.json': JSON.stringify({ instructions: 1, tasks: { walk: ['find'] } }),
      'same.json': JSON.stringify({
        instructions: 1,
        tasks: { walk: [...twenty('find'), 'Find  4!'], talk: [...twenty('say'), 'say {c}'] },
      }),
      'none.json': '{',
    });
    expect((await readInstructionBank(folder.at('bank.json'))).fixed('walk')).toBe('find 0');
    await expect(readInstructionBank(folder.at('short.json'))).rejects.toMatchObject({ code: 'FILE_INVALID' });
    const error: Error = await readInstructionBank(folder.at('same.json')).then(() => new Error(''), (thrown: Error) => thrown); // prettier-ignore
    expect(error.message).toContain('sentences 5 and 21 are the same');
    expect(error.message).toContain('task "talk": 1 of 21 sentences have "{c}", expected all or none');
    await expect(readInstructionBank(folder.at('none.json'))).rejects.toThrow(/is not JSON/);
    await expect(readInstructionBank(folder.at('nothing.json'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});

describe('instructionText', () => {
  const bank = new InstructionBank({ walk: twenty('find'), say: twenty('{c} or').map((sentence) => `see: ${sentence}`) });

  it('gives words for every kind of instruction, and none for a picture', () => {
    expect(instructionText(record({}), bank)).toBeUndefined();
    expect(instructionText(record({ instruction: { image: 'b.jpg' } }), bank)).toBeUndefined();
    expect(instructionText(record({ instruction: { text: 'in red' } }), bank)).toBe('in red');
    expect(instructionText(record({ captions: ['a', 'b'], instruction: { caption: 1 } }), bank)).toBe('b');
    expect(instructionText(record({ instruction: { bank: 'walk' } }), bank)).toBe('find 0');
    expect(instructionText(record({ captions: ['$& coat'], instruction: { bank: 'say' } }), bank)).toBe('see: $& coat or 0');
    const drawn = instructionText(record({ instruction: { bank: 'walk' } }), bank, Random.seed(3).stream());
    expect(bank.of('walk')).toContain(drawn);
  });

  it('says which caption is missing', () => {
    expect(() => instructionText(record({ instruction: { caption: 2 } }), bank)).toThrow(
      'a.jpg has 0 captions; its instruction is caption 2',
    );
    expect(() => instructionText(record({ instruction: { bank: 'say' } }), bank)).toThrow('its instruction is caption 0');
  });
});
