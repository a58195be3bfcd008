import { SPEC_VERSION, definePlugin } from '@reidkit/core-tensor';
import { adaptedComponent } from './adapters/adapted.ts';
import { bottleneckAdapterComponent } from './adapters/bottleneck-adapter.ts';
import { gatedSideAttentionComponent } from './adapters/gated-side-attention.ts';
import { loraComponent } from './adapters/lora.ts';
import { visualPromptComponent } from './adapters/visual-prompt.ts';
import { bertComponent } from './bert.ts';
import { bnneckComponent } from './bnneck.ts';
import { classifierComponent } from './classifier.ts';
import { cosineClassifierComponent } from './cosine-classifier.ts';
import { clipResnetComponent } from './clip-resnet.ts';
import { clipTextComponent } from './clip-text.ts';
import { clipVisionComponent } from './clip-vision.ts';
import { embeddingHeadComponent } from './embedding-head.ts';
import { gemPoolingComponent } from './gem-pooling.ts';
import { osnetComponent } from './osnet.ts';
import { averagePoolingComponent, classTokenPoolingComponent, maxPoolingComponent } from './plain-pooling.ts';
import { resnetComponent } from './resnet.ts';
import { tokenizerFilesComponent } from './tokenizers/tokenizer-files.ts';
import { wordListComponent } from './tokenizers/word-list.ts';
import { version } from './version.ts';
import { vitJigsawComponent } from './vit-jigsaw.ts';
import { vitComponent } from './vit.ts';

/** What this package offers: encoders, poolings, necks and classifiers. */
export const encodersPlugin = definePlugin({
  name: '@reidkit/encoders',
  version,
  specVersion: SPEC_VERSION,
  components: {
    'adapter/bottleneck': bottleneckAdapterComponent,
    'adapter/gated-side-attention': gatedSideAttentionComponent,
    'adapter/lora': loraComponent,
    'adapter/visual-prompt': visualPromptComponent,
    'encoder/adapted': adaptedComponent,
    'encoder/bert': bertComponent,
    'encoder/clip-resnet': clipResnetComponent,
    'encoder/clip-text': clipTextComponent,
    'encoder/clip-vision': clipVisionComponent,
    'encoder/osnet': osnetComponent,
    'encoder/resnet': resnetComponent,
    'encoder/vit': vitComponent,
    'encoder/vit-jigsaw': vitJigsawComponent,
    'head/bnneck': bnneckComponent,
    'head/cosine': cosineClassifierComponent,
    'head/embedding': embeddingHeadComponent,
    'head/linear': classifierComponent,
    'pooling/average': averagePoolingComponent,
    'pooling/class-token': classTokenPoolingComponent,
    'pooling/gem': gemPoolingComponent,
    'pooling/max': maxPoolingComponent,
    'tokenizer/files': tokenizerFilesComponent,
    'tokenizer/word-list': wordListComponent,
  },
});
