import type { HostTensors } from '../host-tensor.ts';
import type { Random } from '../random.ts';
import type { Model } from './model.ts';

/** What a preparation may use. */
export interface PrepareSite {
  readonly model: Model;
  /** Number of training identities. */
  readonly classes: number;
  /** Label of every record of the stage's stream, −1 for none: `[records]`. */
  readonly labels: Int32Array;
  /** Every record of the stage's stream once, in order, transformed as for evaluation; the last batch is padded, see its `valid`. */
  records(batchSize: number): AsyncIterable<HostTensors>;
  /**
   * Runs a pass of the model over batches, in evaluation, with the parameters as they are now, and gives the rows of the named outputs of all
   * of them; places that are not `valid` are left out. Throws UNKNOWN_NAME for a pass or an output that the model does not have.
   */
  infer(
    pass: string,
    outputs: readonly string[],
    batches: AsyncIterable<HostTensors> | Iterable<HostTensors>,
    total?: number,
  ): Promise<HostTensors>;
  /** An artefact that was made before, by the names of its tensors. Throws UNKNOWN_NAME. */
  artefact(name: string): HostTensors;
  readonly random: Random;
}

/** Kind `prepare`: makes an artefact before a stage. */
export interface Prepare {
  /** Names of the tensors that it makes; `value` is found as `artefact.<name>`, any other as `artefact.<name>.<tensor>`. */
  readonly gives: readonly string[];
  /** The artefact's tensors by name. */
  run(site: PrepareSite): Promise<HostTensors>;
}
