import { corePlugin, createRegistry, loadPlugins, type Plugin, type Registry } from '@reidkit/core-tensor';
import { datasetsPlugin } from '@reidkit/datasets';
import { encodersPlugin } from '@reidkit/encoders';
import { evalPlugin } from '@reidkit/eval';
import { lmmPlugin } from '@reidkit/lmm';
import { lossesPlugin } from '@reidkit/losses';
import { recipesPlugin } from '@reidkit/recipes';
import { segmenterPlugin } from '@reidkit/segmenter';
import { trainerPlugin } from '@reidkit/trainer';

/** The plugins that come with reidkit: `createRegistry(...builtInPlugins, mine)`. */
export const builtInPlugins: readonly Plugin[] = [
  corePlugin,
  lossesPlugin,
  encodersPlugin,
  datasetsPlugin,
  evalPlugin,
  segmenterPlugin,
  lmmPlugin,
  recipesPlugin,
  trainerPlugin,
];

/** Everything that comes with reidkit, and the plugins that a recipe names. */
export async function makeRegistry(names: readonly string[] = []): Promise<Registry> {
  return createRegistry(...builtInPlugins, ...(await loadPlugins(names)));
}
