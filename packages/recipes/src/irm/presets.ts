import type { Node } from '@reidkit/core-tensor';

/** How a reading of the method differs from another. */
export interface Preset {
  /** The part that lets layers attend to instructions; none leaves the image transformer plain. */
  readonly editing?: Node;
  /** Part tokens beside the class token. */
  readonly parts: number;
  /** Options of the adaptive triplet. */
  readonly triplet: object;
  /** Weight of the triplet beside the identity, for the class token; half of it for each fused descriptor. */
  readonly alpha: number;
  /** Which output the triplet of the class token and of the fused ones reads. */
  readonly fusedOutputs: readonly [string, string];
  /** Whether every task trains the encoder of its instructions. */
  readonly instructionGradient: boolean;
  readonly masksPadding: boolean;
  readonly fusionWeights: 'own' | 'tower';
  readonly descriptor: 'class' | 'fused';
  /** Queues, momentum twin, masked and replaced words, as released. */
  readonly memory: boolean;
  readonly idle: 'skip' | 'decay';
  /** Gradients of unused parameters of released checkpoints, which only decay. */
  readonly extras: boolean;
}

/** The method as printed, gaps filled by us; margin and mining are those of the released code. */
const PAPER: Preset = {
  editing: { use: 'adapter/gated-side-attention', options: {} },
  parts: 3,
  triplet: { margin: 0.3 },
  alpha: 1,
  fusedOutputs: ['bio.bn', 'clot.bn'],
  instructionGradient: false,
  masksPadding: true,
  fusionWeights: 'own',
  descriptor: 'class',
  memory: false,
  idle: 'skip',
  extras: false,
};

/** What the released joint model computes: no editing, root distances, fused descriptors. */
const CODE: Preset = {
  parts: 3,
  triplet: { margin: 0.3, distance: 'euclid', pairWeight: 0.1, clampBeta: false, nearest: 'always', withSelf: true },
  alpha: 3,
  fusedOutputs: ['bio.bn', 'clot.bn'],
  instructionGradient: true,
  masksPadding: false,
  fusionWeights: 'tower',
  descriptor: 'fused',
  memory: true,
  idle: 'decay',
  extras: true,
};

/** Readings of the method by name. `recommended` is `paper` with root distances, at which the margin matters. */
export const PRESETS: Readonly<Record<string, Preset>> = {
  paper: PAPER,
  code: CODE,
  recommended: { ...PAPER, triplet: { margin: 0.3, distance: 'euclid' } },
};
