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
export type { LayerCall, TokenLayer, TokenMap } from './token-layer.ts';
export { guessGrid, resizePositions, type PatchGrid, type PositionResize } from './resize-positions.ts';
export { sideRows, type SideFact } from './side-rows.ts';
export { ResNet, resnet, type ResNetOptions } from './resnet.ts';
export { RESNET18, RESNET34, RESNET50, RESNET50_IBN_A, RESNET_TINY } from './resnet-presets.ts';
export { BasicBlock, Bottleneck, type FeatureMap, type ResidualOptions } from './residual-block.ts';
export { Conv2d, type Conv2dParts } from './conv2d.ts';
export { BatchNorm, isBatchCounter, type BatchNormOptions } from './batch-norm.ts';
export { InstanceBatchNorm, InstanceNorm } from './instance-batch-norm.ts';
export { bnneck } from './bnneck.ts';
export { classifier } from './classifier.ts';
export { CosineClassifier } from './cosine-classifier.ts';
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
export { clipFromHuggingFace, isClipFromHuggingFace } from './checkpoints/clip-hf.ts';
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
