import {
  CLIP_RN101,
  CLIP_RN50,
  CLIP_RN50X16,
  CLIP_RN50X4,
  CLIP_RN50X64,
  CLIP_VIT_B16,
  CLIP_VIT_B32,
  CLIP_VIT_L14,
  CLIP_VIT_L14_336,
} from '../clip-presets.ts';
import { OSNET, OSNET_X0_25, OSNET_X0_5, OSNET_X0_75 } from '../osnet-presets.ts';
import { RESNET18, RESNET34, RESNET50, RESNET50_IBN_A } from '../resnet-presets.ts';
import { VIT_BASE_PATCH16, VIT_BASE_PATCH16_PASS, VIT_SMALL_PATCH16 } from '../vit-presets.ts';

/** A published architecture of known sizes. */
export interface ArchitecturePreset {
  /** What `--as` takes. */
  readonly id: string;
  readonly title: string;
  /** Layouts that it comes in. */
  readonly layouts: readonly string[];
  /** Sizes that tell it from others, by the names of the layouts. */
  readonly sizes: Readonly<Record<string, number>>;
}

interface Tower {
  readonly imageSize: readonly [number, number];
  readonly patch: number;
  readonly width: number;
  readonly depth: number;
  readonly projectedWidth: number;
}

const clipVit = (id: string, title: string, { width, patch, depth, projectedWidth, imageSize }: Tower): ArchitecturePreset => ({
  id,
  title,
  layouts: ['clip-vit', 'clip-reid-vit'],
  sizes: { width, patch, depth, projectedWidth, tokens: 1 + (imageSize[0] / patch) * (imageSize[1] / patch) },
});

const stages = (layers: readonly number[]): Record<string, number> =>
  Object.fromEntries(layers.map((count, i) => [`layer${i + 1}`, count]));

const clipResnet = (id: string, title: string, { layers, width, projectedWidth }: typeof CLIP_RN50): ArchitecturePreset => ({
  id,
  title,
  layouts: ['clip-resnet', 'clip-reid-resnet'],
  sizes: { ...stages(layers), stem: width / 2, projectedWidth },
});

const vit = (id: string, title: string, { width, patch, depth }: typeof VIT_BASE_PATCH16): ArchitecturePreset => ({
  id,
  title,
  layouts: ['vit', 'transreid', 'albef'],
  sizes: { width, patch, depth },
});

const resnet = (id: string, title: string, form: string, { layers }: { readonly layers: readonly number[] }): ArchitecturePreset => ({
  id,
  title,
  layouts: [`resnet-${form}`, `reid-resnet-${form}`],
  sizes: { planes: 64, ...stages(layers) },
});

const osnet = (id: string, title: string, { channels }: typeof OSNET): ArchitecturePreset => ({
  id,
  title,
  layouts: ['osnet'],
  sizes: { stem: channels[0]!, width: channels[3]! },
});

const sam = (id: string, title: string, width: number, depth: number): ArchitecturePreset => ({
  id,
  title,
  layouts: ['sam'],
  sizes: { width, depth, patch: 16, outputWidth: 256 },
});

/** Sizes that files of an architecture may differ in without being another one. */
const ADJUSTABLE = new Set(['tokens']);

/** Architectures that a checkpoint may be named after; the first whose sizes agree is taken. */
export const ARCHITECTURES: readonly ArchitecturePreset[] = [
  clipVit('clip-vit-b32', 'CLIP ViT-B/32', CLIP_VIT_B32),
  clipVit('clip-vit-b16', 'CLIP ViT-B/16', CLIP_VIT_B16),
  clipVit('clip-vit-l14', 'CLIP ViT-L/14', CLIP_VIT_L14),
  clipVit('clip-vit-l14-336', 'CLIP ViT-L/14 at 336 pixels', CLIP_VIT_L14_336),
  clipResnet('clip-rn50', 'CLIP RN50', CLIP_RN50),
  clipResnet('clip-rn101', 'CLIP RN101', CLIP_RN101),
  clipResnet('clip-rn50x4', 'CLIP RN50x4', CLIP_RN50X4),
  clipResnet('clip-rn50x16', 'CLIP RN50x16', CLIP_RN50X16),
  clipResnet('clip-rn50x64', 'CLIP RN50x64', CLIP_RN50X64),
  vit('vit-b16', 'ViT-B/16', VIT_BASE_PATCH16),
  vit('vit-s16', 'ViT-S/16', VIT_SMALL_PATCH16),
  { ...vit('pass-vit-b16', 'ViT-B/16 with the part tokens of PASS', VIT_BASE_PATCH16_PASS), layouts: ['pass'] },
  resnet('resnet18', 'ResNet-18', 'basic', RESNET18),
  resnet('resnet34', 'ResNet-34', 'basic', RESNET34),
  resnet('resnet50', 'ResNet-50', 'bottleneck', RESNET50),
  resnet('resnet50-ibn-a', 'ResNet-50-IBN-a', 'ibn-a', RESNET50_IBN_A),
  osnet('osnet-x1-0', 'OSNet x1.0', OSNET),
  osnet('osnet-x0-75', 'OSNet x0.75', OSNET_X0_75),
  osnet('osnet-x0-5', 'OSNet x0.5', OSNET_X0_5),
  osnet('osnet-x0-25', 'OSNet x0.25', OSNET_X0_25),
  sam('sam-vit-b', 'Segment Anything with ViT-B', 768, 12),
  sam('sam-vit-l', 'Segment Anything with ViT-L', 1024, 24),
  sam('sam-vit-h', 'Segment Anything with ViT-H', 1280, 32),
];

/** Sizes in which a file differs from an architecture, as sentences; those of the image may differ. */
export function sizeProblems(
  { id, layouts, sizes }: ArchitecturePreset,
  layout: string,
  found: Readonly<Record<string, number>>,
): string[] {
  if (!layouts.includes(layout)) return [`"${id}" is of the form ${layouts.join(' or ')}, this is ${layout}`];
  return Object.entries(sizes).flatMap(([name, size]) =>
    ADJUSTABLE.has(name) || found[name] === undefined || found[name] === size
      ? []
      : [`${name} of "${id}" is ${size}, here it is ${found[name]}`],
  );
}

/** The published architecture that these sizes belong to: the one with the same number of tokens before others. */
export function nearestArchitecture(layout: string, sizes: Readonly<Record<string, number>>): ArchitecturePreset | undefined {
  const fitting = ARCHITECTURES.filter((preset) => sizeProblems(preset, layout, sizes).length === 0);
  return fitting.find((preset) => preset.sizes.tokens === sizes.tokens) ?? fitting[0];
}
