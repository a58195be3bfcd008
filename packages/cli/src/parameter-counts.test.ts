import { createRegistry, type Model, referenceBackend, useBackend } from '@reidkit/core-tensor';
import { recipes } from '@reidkit/recipes';
import { buildModel, resolveReferences } from '@reidkit/trainer';
import { beforeAll, describe, expect, it } from 'vitest';
import { countLines, countNumbers, type ParameterCounts } from './parameter-counts.ts';
import { builtInPlugins } from './plugins.ts';

beforeAll(() => useBackend(referenceBackend));

function counted(name: string, classes: number, options: object = {}): ParameterCounts {
  const recipe = recipes[name]!({ preset: 'paper', size: 'paper' });
  recipe.model = { ...recipe.model, options: { ...(recipe.model.options as object), ...options } };
  const facts = { data: { classes, cameras: 6, views: 1, records: 0 } };
  const { model, scorer } = buildModel(resolveReferences(recipe as never, facts) as never, createRegistry(...builtInPlugins));
  return countNumbers(model as Model, scorer.reads);
}

describe('countNumbers', () => {
  it.each([
    [702, 1_797_120],
    [751, 1_922_560],
    [1041, 2_664_960],
  ])('counts RGANet at full size for %i identities, with what a search needs', (classes, heads) => {
    const { parts, inference, total } = counted('rganet', classes);
    expect(parts.image_encoder).toEqual({ parameters: 86_140_416, buffers: 0 });
    expect(parts.background!.parameters + parts.prototypes!.buffers).toBe(2560);
    expect([parts.confidence!.parameters, parts.memory!.buffers, parts.prompt!.parameters]).toEqual([512, 2048, 4096]);
    expect(parts.text_encoder!.parameters).toBe(38_131_200);
    expect(parts.classifier!.parameters + parts.region_classifiers!.parameters).toBe(heads);
    expect(inference).toBe(86_145_536);
    expect(total).toBe(86_140_416 + 512 + 512 + 4096 + 38_131_200 + heads);
  });

  it('counts the ways to the map of RGANet that may lie behind its published 93.5 M', () => {
    const own = counted('rganet', 702, { denseAdapter: 'ownLastBlock' });
    expect(own.parts.image_encoder!.parameters + own.parts.dense!.parameters).toBe(93_228_288);
    expect(own.inference).toBe(93_228_288 + 512 + 2048 + 512 + 2048);
    const { parts, inference } = counted('rganet', 702, { denseAdapter: 'conv3x3' });
    const withoutProjection = parts.image_encoder!.parameters - 768 * 512 + parts.dense!.parameters;
    expect(withoutProjection + parts.classifier!.parameters + parts.region_classifiers!.parameters).toBe(93_442_560);
    expect(inference).toBe(withoutProjection + 512 + 2048 + 512 + 2048); // nothing reads the projection
  });

  it('leaves the classifier out of what a search needs, and says all of it in lines', () => {
    const counts = counted('baseline', 751);
    expect(counts.total - counts.parts.classifier!.parameters).toBeGreaterThan(23_000_000);
    expect(countLines(counts, 751).at(-2)).toMatch(/^25,\d{3},\d{3} parameters, .* for 751 identities$/);
  });
});
