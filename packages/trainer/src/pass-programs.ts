import type { HostTensors, MakeProgram, Model, ModelPass, Program } from '@reidkit/core-tensor';
import { modelPass, passStep } from './model-pass.ts';

/** A pass in evaluation, ready to run. */
export interface ReadyPass {
  readonly pass: ModelPass;
  readonly program: Program;
}

/** Passes of a model in evaluation, each compiled once: what is asked for again gets the numbers of that moment, not a program of its own. */
export class PassPrograms {
  readonly #model: Model;
  readonly #makeProgram: MakeProgram;
  readonly #ready = new Map<string, ReadyPass>();

  constructor(model: Model, makeProgram: MakeProgram) {
    this.#model = model;
    this.#makeProgram = makeProgram;
  }

  /** A pass for some of its outputs, with parameters and buffers by path. Throws UNKNOWN_NAME for a pass or an output that there is not. */
  with(name: string, outputs: readonly string[], parameters: HostTensors): ReadyPass {
    const key = JSON.stringify([name, ...outputs]);
    const known = this.#ready.get(key);
    if (known) {
      known.program.write({ parameters });
      return known;
    }
    const pass = modelPass(this.#model, name);
    const ready = { pass, program: this.#makeProgram(passStep(this.#model, pass, outputs), { parameters }) };
    this.#ready.set(key, ready);
    return ready;
  }

  /** Frees every program. */
  dispose(): void {
    for (const { program } of this.#ready.values()) program.dispose();
    this.#ready.clear();
  }
}
