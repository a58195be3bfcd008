import {
  add,
  cast,
  clipByValue,
  cumsum,
  gather,
  greaterEqual,
  hostTensor,
  less,
  logicalAnd,
  maximum,
  mul,
  range,
  reshape,
  sub,
  sum,
  where,
  type HostTensors,
  type Tensor,
  type Tensors,
} from '@reidkit/core-tensor';
import { causalBias } from './attention-bias.ts';
import type { LlamaSizes, Remembering } from './causal-lm.ts';

/** Places for words that were read: keys and values of every layer, `[B, K, L, d]` each, and which places hold words, `[B, L]`. */
export function emptyMemory({ depth, groups, size }: LlamaSizes, rows: number, length: number): HostTensors {
  const places = (): HostTensors[string] => hostTensor(new Float32Array(rows * groups * length * size), [rows, groups, length, size]);
  const layers = Array.from({ length: depth }, (_, layer) => [
    [`keys.${layer}`, places()] as const,
    [`values.${layer}`, places()] as const,
  ]);
  return Object.fromEntries([...layers.flat(), ['words', hostTensor(new Float32Array(rows * length), [rows, length])]]);
}

/** What {@link rememberWords} prepares for one chunk of words. */
export interface RememberedChunk {
  /** Places of the chunk's words in their texts, `[B, N]`. */
  readonly positions: Tensor;
  readonly remembering: Remembering;
  /** The memory with this chunk in it; complete when the model has run. */
  readonly memory: Record<string, Tensor>;
}

/**
 * How a chunk of words `mask [B, N]` is read behind those that a memory holds below place `start` (int32 scalar). Whatever the memory has at
 * `start` and behind counts as never read, so a smaller `start` forgets. Shapes depend on N and the memory alone.
 */
export function rememberWords(memory: Tensors, start: Tensor, mask: Tensor, { heads, groups }: LlamaSizes): RememberedChunk {
  const [, length] = memory.words!.shape as [number, number];
  const N = mask.shape[1]!;
  const places = range(0, length, 1, 'int32');
  const fromChunk = sub(places, start); // which word of the chunk lies at a place, if any
  const isInside = logicalAnd(greaterEqual(fromChunk, 0), less(fromChunk, N));
  const source = cast(clipByValue(fromChunk, 0, N - 1), 'int32');
  const isOlder = cast(less(places, start), 'float32');
  /** Puts the chunk's rows in their places along an axis of the memory's length. */
  const put = (old: Tensor, fresh: Tensor, axis: number): Tensor => {
    const shape = old.shape.map((size, at) => (at === axis ? size : 1));
    return where(reshape(isInside, shape), gather(fresh, source, axis), old);
  };
  const next: Record<string, Tensor> = { words: put(mul(memory.words!, isOlder), mask, 1) };
  const before = sum(mul(memory.words!, isOlder), 1, true);
  return {
    positions: maximum(sub(add(cumsum(mask, 1), before), 1), 0),
    memory: next,
    remembering: {
      bias: causalBias({ queries: add(start, range(0, N, 1, 'int32')), mask: next.words!, copies: heads / groups }),
      remember: (layer, { keys, values }) => {
        next[`keys.${layer}`] = put(memory[`keys.${layer}`]!, keys, 2);
        next[`values.${layer}`] = put(memory[`values.${layer}`]!, values, 2);
        return { keys: next[`keys.${layer}`]!, values: next[`values.${layer}`]! };
      },
    },
  };
}
