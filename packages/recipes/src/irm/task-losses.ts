import type { RecipeInput } from '@reidkit/core-tensor';
import type { Preset } from './presets.ts';

type Losses = NonNullable<RecipeInput['stages'][number]['losses']>;

/**
 * Losses of a task with an instruction: identity and adaptive triplet of the class token and, halved, of the two fused descriptors. Triplets
 * read directions behind the necks where `behindNecks`.
 */
export function taskLosses({ triplet, alpha, fusedOutputs }: Preset, behindNecks: boolean): Losses {
  const [whole, bio, clot] = behindNecks ? ['global.bn', 'bio.bn', 'clot.bn'] : ['global', ...fusedOutputs];
  const identity = (logits: string, weight: number): object => ({
    use: 'loss/cross-entropy',
    weight,
    reads: { logits: `outputs.${logits}` },
  });
  const adaptive = (embeddings: string, weight: number): object => ({
    use: 'loss/adaptive-triplet',
    options: behindNecks ? { ...triplet, normalize: true } : triplet,
    weight,
    reads: { embeddings: `outputs.${embeddings}` },
  });
  return {
    identity: identity('logits.global', 1),
    identityBio: identity('logits.bio', 0.5),
    identityClot: identity('logits.clot', 0.5),
    triplet: adaptive(whole!, alpha),
    tripletBio: adaptive(bio!, alpha / 2),
    tripletClot: adaptive(clot!, alpha / 2),
  } as Losses;
}

/** Losses of text-to-image search: contrast and matching; with a memory, masked and replaced words too. */
export function matchLosses({ memory }: Preset): Losses {
  const matching = { use: 'loss/pair-matching' };
  if (!memory) return { contrast: { use: 'loss/identity-contrast' }, matching };
  return {
    contrast: { use: 'loss/identity-contrast', options: { queue: true, softShare: 0.4 }, weight: 0.5 },
    matching,
    maskedWords: { use: 'loss/masked-words', options: { softShare: 0.4, softOver: 'positions' }, reads: { labels: 'outputs.wordLabels' } },
    replacedWords: {
      use: 'loss/masked-words',
      weight: 0.5,
      reads: { logits: 'outputs.logits.replaced', labels: 'outputs.replacedLabels' },
    },
  };
}
