import { synthesize } from '@reidkit/datasets';
import { applyOptions } from '../apply-options.ts';
import { ProgressLine } from '../progress.ts';

/** Options of `reidkit synth`. */
export interface SynthOptions {
  readonly seed: number;
  readonly set?: readonly string[];
  readonly workers?: number;
}

/** `reidkit synth FOLDER`. */
export async function synthCommand(out: string, { seed, set = [], workers }: SynthOptions): Promise<void> {
  const line = new ProgressLine();
  const { counts } = await synthesize({
    out,
    options: { seed, ...applyOptions(set) },
    ...(workers === undefined ? {} : { workers }),
    onProgress: (done, total) => line.update(`drawing pictures: ${done} of ${total}`),
  });
  line.done(`wrote ${Object.values(counts).reduce((sum, count) => sum + count, 0)} pictures to ${out}`);
  console.log(`Look at them, then: reidkit data check ${out}`);
}
