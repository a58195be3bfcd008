export { encodersPlugin } from './plugin.ts';
export { vit, vitLayer, type VitLayerOptions, type VitOptions, type VitParts } from './vit.ts';
export { VIT_BASE_PATCH16, VIT_BASE_PATCH16_PASS, VIT_BASE_PATCH16_STRIDE12, VIT_SMALL_PATCH16, VIT_TINY } from './vit-presets.ts';
export { VisionTransformer, type VisionTransformerParts } from './vision-transformer.ts';
export { PatchEmbed, type PatchEmbedOptions } from './patch-embed.ts';
export { Block, dropPathRates, type BlockParts } from './block.ts';
export { Attention, type AttentionParts } from './attention.ts';
export { Mlp, type MlpParts } from './mlp.ts';
export { LayerNorm } from './layer-norm.ts';
export { Linear, type LinearOptions } from './linear.ts';
export type { AttentionInside, FixedLinear, LayerCall, TokenLayer, TokenMap } from './token-layer.ts';
export { guessGrid, resizePositions, type PatchGrid, type PositionResize } from './resize-positions.ts';
export { sideRows, type SideFact } from './side-rows.ts';
export { ResNet, resnet, type ResNetOptions } from './resnet.ts';
export { RESNET18, RESNET34, RESNET50, RESNET50_IBN_A, RESNET_TINY } from './resnet-presets.ts';
export { BasicBlock, Bottleneck, type FeatureMap, type ResidualOptions } from './residual-block.ts';
export { Conv2d, type Conv2dParts } from './conv2d.ts';
export { BatchNorm, isBatchCounter, type BatchNormOptions } from './batch-norm.ts';
export { InstanceBatchNorm, InstanceNorm } from './instance-batch-norm.ts';
export { bnneck } from './bnneck.ts';
export { FeatureQueue, type FeatureQueueOptions, type QueuedFeatures } from './feature-queue.ts';
export { MomentumTwin } from './momentum-twin.ts';
export { inTurn } from './in-turn.ts';
export { SwapClassFusion, type ClassedTokens, type SwappedTokens } from './swap-class-fusion.ts';
export { firstToken, givenInstructions, pictureInstructions, textInstructions, type InstructionEncoder } from './instruction-encoder.ts';
export { classifier } from './classifier.ts';
export { CosineClassifier } from './cosine-classifier.ts';
export { EmbeddingHead } from './embedding-head.ts';
export { GemPooling } from './gem-pooling.ts';
export { averagePooling, classTokenPooling, maxPooling } from './plain-pooling.ts';
export { clipVision, type ClipVisionLayers, type ClipVisionOptions } from './clip-vision.ts';
export { ClipVisionTransformer, type ClipVisionParts } from './clip-vision-transformer.ts';
export { ClipResNet, clipResnet, type ClipResNetOptions } from './clip-resnet.ts';
export { clipText, type ClipTextOptions } from './clip-text.ts';
export { ClipTextTransformer, type ClipTextParts } from './clip-text-transformer.ts';
export { Clip, type ClipParts } from './clip.ts';
export { CLIP_EPSILON, ClipTransformer, clipLayer, type ClipLayerOptions, type ClipTransformerCall } from './clip-transformer.ts';
export { ClipBlock, ClipMlp, type ClipBlockParts, type ValueLayer } from './clip-block.ts';
export { ClipAttention, type ClipAttentionParts } from './clip-attention.ts';
export { clipNumbers, clipPositions, type PositionRows } from './clip-numbers.ts';
export * from './clip-presets.ts';
export { clipFromHuggingFace, clipToHuggingFace, isClipFromHuggingFace } from './checkpoints/clip-hf-numbers.ts';
export { recognizeCheckpoint, type CheckpointRecognition } from './checkpoints/recognize.ts';
export { importCheckpoint, type ImportedCheckpoint, type ImportOptions } from './checkpoints/import-checkpoint.ts';
export { readWeights, type ReadWeights, type ReadWeightsOptions } from './checkpoints/read-weights.ts';
export { findWeights, type FoundWeights } from './checkpoints/find-weights.ts';
export { ARCHITECTURES, type ArchitecturePreset } from './checkpoints/presets.ts';
export { KEY_TABLES } from './checkpoints/key-tables.ts';
export type { KeyTable, Layout, Rename, TensorShapes } from './checkpoints/key-table.ts';
export type { NameReport } from './checkpoints/check-names.ts';
export type { MappedNames, MappedTensor, MappingProblem } from './checkpoints/map-names.ts';
export { Embedding, type EmbeddingOptions } from './embedding.ts';
export { PatchLayout, type PatchSizes } from './patch-layout.ts';
export { SideVectors, type SideFactName, type SideVectorsOptions } from './side-vectors.ts';
export { BERT_ALBEF, BERT_BASE, bert, type BertLayers, type BertOptions } from './bert.ts';
export { BertTransformer, BertEmbeddings, type BertEmbeddingOptions, type BertParts } from './bert-transformer.ts';
export { BertLayer, type BertLayerOptions } from './bert-layer.ts';
export { BertForMaskedWords } from './masked-word-head.ts';
export { attendHeads, type HeadsOptions } from './attend-heads.ts';
export { PromptBank, promptBank, promptBankOptions, promptText, type PromptBankOptions, type PromptCall } from './prompt-bank.ts';
export { CLIP_REID_PROMPT, promptTexts, type PromptText } from './prompt-texts.ts';
export { JigsawTransformer, vitJigsaw, type JigsawParts, type VitJigsawOptions } from './vit-jigsaw.ts';
export { jigsawGroups, type JigsawOptions } from './jigsaw-groups.ts';
export { Identity } from './identity.ts';
export { readTokenizer } from './tokenizers/read-tokenizer.ts';
export { bytePairsOfOpenAi, cleanClipText, clipTokenizer, type BytePairs } from './tokenizers/clip-tokenizer.ts';
export { wordPieceTokenizer, type WordPieceOptions } from './tokenizers/word-piece-tokenizer.ts';
export {
  VocabularyTokenizer,
  type AddedToken,
  type TokenizerFile,
  type VocabularyTokenizerParts,
} from './tokenizers/vocabulary-tokenizer.ts';
export { cleanCaption } from './tokenizers/clean-caption.ts';
export { OSNet, osnet, type OsnetOptions } from './osnet.ts';
export { OSNET, OSNET_IBN, OSNET_X0_25, OSNET_X0_5, OSNET_X0_75 } from './osnet-presets.ts';
export { ConvNorm, OmniScaleBlock, type OmniScaleOptions } from './osnet-block.ts';
export { attachAll } from './adapters/adapted.ts';
export { attachLayers, type LayerAttachment } from './adapters/attach-layers.ts';
export { bottleneckAdapter, type BottleneckAdapterOptions } from './adapters/bottleneck-adapter.ts';
export { findPlaces, outermost, type NamedPlace } from './adapters/find-places.ts';
export { gatedSideAttention, type GatedSideAttentionOptions } from './adapters/gated-side-attention.ts';
export { lora, type LoraOptions } from './adapters/lora.ts';
export { LowRank, type LowRankOptions, type PackedPart } from './adapters/low-rank.ts';
export { mergeAdapters } from './adapters/merge-adapters.ts';
export { visualPrompt, type VisualPromptOptions } from './adapters/visual-prompt.ts';
export { WrappedLayer, shareBranches, type LayerMerge, type LayerRun, type WrappedLayerParts } from './adapters/wrapped-layer.ts';
export { maskedPooling, type PooledParts } from './masked-pooling.ts';
export { PartConfidence, type Confidence, type Invariance, type PartConfidenceOptions } from './part-confidence.ts';
export { prototypeLogits, prototypeMasks, withBackground, type PrototypeMaskOptions } from './prototype-masks.ts';
export { openAbove, PrototypeMemory, type PrototypeMemoryOptions } from './prototype-memory.ts';
export { stripeMasks } from './stripe-masks.ts';
export { maskGate, partAttentionBias, type MaskGateOptions, type PartBiasOptions } from './part-attention-bias.ts';
export {
  maskPredictorOptions,
  ResidualMaskPredictor,
  type MaskPredictorOptions,
  type MaskPredictorSizes,
  type PredictedMasks,
} from './residual-mask-predictor.ts';
