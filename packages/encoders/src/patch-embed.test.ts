import {
  EVALUATION,
  Random,
  disposeModule,
  initializeParameters,
  referenceBackend,
  reshape,
  scoped,
  tensor,
  transpose,
  useBackend,
} from '@reidkit/core-tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { PatchEmbed } from './patch-embed.ts';

beforeAll(() => useBackend(referenceBackend));

function tokensOf(
  imageSize: readonly [number, number],
  patch: number,
  stride: number,
): { tokens: number[]; convolved: number[]; grid: readonly number[] } {
  const embed = new PatchEmbed({ imageSize, patch, stride, width: 5 });
  initializeParameters(embed, Random.seed(4));
  const [height, width] = imageSize;
  const result = scoped(() => {
    const images = tensor(Random.seed(5).normal(2 * height * width * 3), [2, height, width, 3]);
    const map = embed.proj.forward(transpose(images, [0, 3, 1, 2]), EVALUATION);
    const convolved = transpose(reshape(map, [2, 5, embed.grid[0] * embed.grid[1]]), [0, 2, 1]);
    return { tokens: [...embed.forward(images, EVALUATION).dataSync()], convolved: [...convolved.dataSync()], grid: embed.grid };
  });
  disposeModule(embed);
  return result;
}

describe('PatchEmbed', () => {
  it.each([
    ['side by side', [6, 9], 3, 3, [2, 3]],
    ['overlapping', [7, 9], 3, 2, [3, 4]],
    ['with a rest at the edges', [8, 7], 3, 3, [2, 2]],
  ] as const)('gives what the convolution gives: %s', (_name, imageSize, patch, stride, expected) => {
    const { tokens, convolved, grid } = tokensOf(imageSize, patch, stride);
    expect(grid).toEqual(expected);
    expect(tokens).toHaveLength(convolved.length);
    tokens.forEach((value, i) => expect(value).toBeCloseTo(convolved[i]!, 5));
  });
});
