import { Module, ReidError, add, defineComponent, gelu, normalInit, zerosInit, type Adapter, type ModulePlace } from '@reidkit/core-tensor';
import { z } from 'zod';
import { Linear } from '../linear.ts';
import { attachLayers } from './attach-layers.ts';
import { findPlaces, outermost } from './find-places.ts';

/** Options of `adapter/bottleneck`. */
const bottleneckOptions = z.strictObject({
  targets: z
    .array(z.string())
    .min(1)
    .default(['*.attn', '*.mlp'])
    .describe('Patterns of the parts behind which it goes; "*.output.dense" on BERT. Of parts in one another the outer one counts.'),
  hidden: z.number().int().positive().default(64).describe('Width between its two projections.'),
  width: z.number().int().positive().optional().describe('Width of the tokens, where the module does not say it.'),
});

/** Options of {@link bottleneckAdapter} as people write them. */
export type BottleneckAdapterOptions = z.input<typeof bottleneckOptions>;

/** The two projections, under the name `adapter`. */
class BottleneckProjections extends Module {
  readonly down: Linear;
  readonly up: Linear;

  constructor(width: number, hidden: number) {
    super();
    this.down = new Linear({ inputs: width, outputs: hidden, initialize: normalInit(0.02) });
    this.up = new Linear({ inputs: hidden, outputs: width, initialize: zerosInit });
  }
}

const isLayer = ({ module }: ModulePlace): boolean => typeof (module as { forward?: unknown }).forward === 'function';

function widthAt({ path, module }: ModulePlace, root: Module, given: number | undefined): number {
  const width = given ?? (module instanceof Linear ? module.width : (root as { width?: unknown }).width);
  if (typeof width === 'number') return width;
  throw new ReidError('INVALID_OPTIONS', `adapter/bottleneck at "${path}" does not know the width of the tokens there.`, {
    hint: 'set its option "width".',
  });
}

/**
 * A small perceptron behind each chosen part: `y + up(GELU(down(y)))`, where `up` starts at zero. Its parameters are
 * `<path>.adapter.down.*` and `<path>.adapter.up.*`. Throws ZodError for options that do not fit; attaching throws UNKNOWN_NAME or
 * INVALID_OPTIONS.
 * @see Houlsby et al., "Parameter-Efficient Transfer Learning for NLP" (2019), Figure 2.
 */
export function bottleneckAdapter(options: BottleneckAdapterOptions = {}): Adapter {
  const { targets, hidden, width } = bottleneckOptions.parse(options);
  return {
    attach: (module) => {
      const places = outermost(findPlaces(module, targets, (place) => (isLayer(place) ? [place.path] : [])));
      const attachments = places.map(({ place }) => {
        const adapter = new BottleneckProjections(widthAt(place, module, width), hidden);
        return {
          place,
          added: { adapter },
          run: (next, x, ctx) => {
            const y = next(x);
            return add(y, adapter.up.forward(gelu(adapter.down.forward(y, ctx)), ctx));
          },
        } satisfies Parameters<typeof attachLayers>[1][number];
      });
      return attachLayers(module, attachments);
    },
  };
}

/** `adapter/bottleneck`. */
export const bottleneckAdapterComponent = defineComponent({
  summary: 'A small perceptron with a residual behind attention and perceptron of each layer.',
  paper: 'https://arxiv.org/abs/1902.00751',
  options: bottleneckOptions,
  build: (options): Adapter => bottleneckAdapter(options),
});
