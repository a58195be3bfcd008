import { definePlugin, SPEC_VERSION } from '@reidkit/core-tensor/base';
import { chat } from './annotators/chat.ts';
import { parsingMaps } from './annotators/parsing-maps.ts';
import { partIndex } from './annotators/part-index.ts';
import { partCalibration, stripes } from './annotators/stripes.ts';
import { csv } from './readers/csv.ts';
import { folder } from './readers/folder.ts';
import { jsonl } from './readers/jsonl.ts';
import { samples } from './readers/samples.ts';
import { annotatedSets } from './readers/sets/annotated-sets.ts';
import { imageSets } from './readers/sets/image-sets.ts';
import { identityBalanced } from './samplers/identity-balanced.ts';
import { mixed } from './samplers/mixed.ts';
import { pkComponent } from './samplers/pk.ts';
import { random } from './samplers/random.ts';
import { sequentialComponent } from './samplers/sequential.ts';
import { transformComponents } from './transforms/transform-components.ts';
import { version } from './version.ts';

/** What this package offers: readers, samplers and transforms. */
export const datasetsPlugin = definePlugin({
  name: '@reidkit/datasets',
  version,
  specVersion: SPEC_VERSION,
  components: {
    'annotator/chat': chat,
    'annotator/parsing-maps': parsingMaps,
    'annotator/part-calibration': partCalibration,
    'annotator/part-index': partIndex,
    'annotator/stripes': stripes,
    'dataset/csv': csv,
    'dataset/folder': folder,
    'dataset/jsonl': jsonl,
    'dataset/samples': samples,
    ...annotatedSets,
    ...imageSets,
    'sampler/identity-balanced': identityBalanced,
    'sampler/mixed': mixed,
    'sampler/pk': pkComponent,
    'sampler/random': random,
    'sampler/sequential': sequentialComponent,
    ...transformComponents,
  },
});
