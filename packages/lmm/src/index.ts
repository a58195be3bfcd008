export { lmmPlugin } from './plugin.ts';
export { causalBias, type AllowedPlaces } from './attention-bias.ts';
export {
  CausalLM,
  LlamaModel,
  wordPositions,
  type CausalInput,
  type CausalLmParts,
  type CausalStates,
  type LlamaSizes,
  type Remembering,
  type WordTable,
} from './causal-lm.ts';
export { LlamaAttention, type KeysAndValues, type LlamaAttentionParts, type LlamaLayerCall } from './llama-attention.ts';
export { LlamaLayer, LlamaMlp, type LlamaLayerParts, type LlamaMlpParts } from './llama-layer.ts';
export { llama, llamaOptionsOf, type LlamaOptions } from './llama.ts';
export { LLAMA2_13B, LLAMA2_7B, LLAMA_1B, LLAMA_TINY } from './llama-presets.ts';
export { IGNORED, nextWordLoss } from './next-word-loss.ts';
export { RmsNorm } from './rms-norm.ts';
export { rotaryAngles, rotate, type RotaryAngles } from './rotary.ts';
export { generate, type Generated, type GenerateOptions } from './generate.ts';
export { Reader, type ReaderInput, type ReaderOptions, type ReaderOutput } from './reader.ts';
export { bestWord, sampleWord, type SamplingOptions } from './sample-word.ts';
export { CHAT_STYLES, LLAVA_LLAMA_2, LLAVA_V1, PLAIN_CHAT, type ChatStyle } from './chat/chat-style.ts';
export {
  encodeChat,
  encodeWithPlaceholders,
  LLAVA_PLACEHOLDERS,
  padChats,
  type Chat,
  type ChatRows,
  type ChatTurn,
  type EncodedChat,
  type Placeholders,
} from './chat/encode-chat.ts';
export { LLAVA_FILL, llavaTransforms } from './llava-image.ts';
export { spliceEmbeddings, type SpliceTensors } from './splice/splice-embeddings.ts';
export { picturesByName, picturesInTurn, planSplice, type SpliceOptions, type SplicePlan, type SpliceRow } from './splice/splice-plan.ts';
export { placeRows, statesAt, tokenPlaces, type StateAt, type TokenPlace } from './splice/token-places.ts';
export { towerFeatures, visualAdapter, type VisualAdapterOptions } from './visual-adapter.ts';
export { loadLanguageModel, weightBytes, type LoadedLanguageModel, type LoadLanguageModelOptions } from './load/load-language-model.ts';
export { readPeftAdapter, writePeftAdapter, type PeftAdapter, type PeftOutput } from './load/peft-adapter.ts';
export { QuantizedLinear, quantizablePlaces, quantizeSlices, type QuantizeModelOptions } from './quantized-linear.ts';
export { readTokenizerWith, REGION_TOKENS, tokenIds, withTokens } from './tokens/add-tokens.ts';
export { TokenHead, type Decision, type TokenHeadOptions } from './tokens/token-head.ts';
export { joinTokenRows, meanTokenRows, tokenRows, type TokenRowsOptions } from './tokens/token-rows.ts';
