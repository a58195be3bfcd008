import { ReidError, type RandomStream } from '@reidkit/core-tensor';

/** How a next word is drawn. */
export interface SamplingOptions {
  /** Divides the scores; towards 0 the best word always wins. Default: 1. */
  readonly temperature?: number;
  /** Only this many of the best words. Default: all. */
  readonly topK?: number;
  /** Only the best words that together have this probability. Default: 1. */
  readonly topP?: number;
}

/** Place of the largest number; of equal ones the first. */
export function bestWord(scores: Float32Array): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i]! > scores[best]!) best = i;
  return best;
}

function checkSampling({ temperature = 1, topK = 1, topP = 1 }: SamplingOptions): void {
  if (temperature > 0 && Number.isInteger(topK) && topK > 0 && topP > 0 && topP <= 1) return;
  throw new ReidError('INVALID_ARGUMENT', `Sampling expected temperature > 0, topK ≥ 1 and topP in (0, 1], got ${temperature}, ${topK}, ${topP}.`); // prettier-ignore
}

/**
 * Draws a word by its score, of the words that are left in: one uniform number of the stream. Throws INVALID_ARGUMENT for options out of range.
 * @see Holtzman et al., "The Curious Case of Neural Text Degeneration" (2020), section 3.1 (topP).
 */
export function sampleWord(scores: Float32Array, stream: RandomStream, options: SamplingOptions = {}): number {
  checkSampling(options);
  const { temperature = 1, topK = scores.length, topP = 1 } = options;
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, topK); // prettier-ignore
  const top = scores[order[0]!]!;
  const weights = order.map((word) => Math.exp((scores[word]! - top) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let kept = 0;
  for (let reached = 0; kept < weights.length && reached < topP * total; kept++) reached += weights[kept]!;
  const limit = weights.slice(0, kept).reduce((sum, weight) => sum + weight, 0) * stream.uniform();
  let reached = 0;
  for (let i = 0; i < kept; i++) {
    reached += weights[i]!;
    if (limit < reached) return order[i]!;
  }
  return order[kept - 1]!;
}
