import type { RganetModelOptions } from './model-options.ts';

/** One reading of the paper. */
export interface Preset {
  /** Regions by prototypes of learned or of fixed texts, equal stripes, or none. */
  readonly regions: 'learned' | 'template' | 'stripe' | 'none';
  /** Options of the model beside its parts. */
  readonly model: Partial<RganetModelOptions>;
  readonly background: {
    /** Whether places of the background count in the segmentation loss. */
    readonly segmented: boolean;
    /** Whether the background's prototype learns beside the prompts. */
    readonly inPrompts: boolean;
  };
  /** Label smoothing. */
  readonly smoothing: number;
}

const PAPER: Preset = { regions: 'learned', model: {}, background: { segmented: false, inPrompts: false }, smoothing: 0 };
const FIG4: Preset = { ...PAPER, model: { invariance: 'overCentres', invarianceScale: 20, matchWeight: 'mean' } };

/** Readings by name. */
export const PRESETS: Readonly<Record<string, Preset>> = {
  paper: PAPER,
  fig4: FIG4,
  recommended: {
    ...FIG4,
    model: { ...FIG4.model, neck: 'global', promptDense: 'valueOnly' },
    background: { segmented: true, inPrompts: true },
  },
  template: { ...PAPER, regions: 'template', model: { contexts: 0, template: 'a [CLASS] part of a person.' } },
  stripe: { ...PAPER, regions: 'stripe' },
  global: { ...PAPER, regions: 'none' },
};
