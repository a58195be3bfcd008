import type * as tf from '@tensorflow/tfjs';
import { type HostTensor, hostTensor, type HostTensors, recordStep, type Step, type StepGraph, type StepSignature, type Supports, type Tensors } from '@reidkit/core-tensor'; // prettier-ignore
import { Draw, type Make } from '../../packages/backend-onnx/src/kernels/both-engines.fixture.ts';

/** The random tensors of a case, taken down as numbers in the order in which it asks for them. */
class NotedDraw extends Draw {
  readonly noted: HostTensor[] = [];

  #note(made: tf.Tensor): tf.Tensor {
    this.noted.push(hostTensor(made.dataSync(), made.shape, made.dtype as 'float32'));
    return made;
  }

  override normal(...shape: number[]): tf.Tensor {
    return this.#note(super.normal(...shape));
  }

  override positive(...shape: number[]): tf.Tensor {
    return this.#note(super.positive(...shape));
  }

  override integer(bound: number, ...shape: number[]): tf.Tensor {
    return this.#note(super.integer(bound, ...shape));
  }

  override whole(bound: number, ...shape: number[]): tf.Tensor {
    return this.#note(this.#hidden((draw) => draw.whole(bound, ...shape)));
  }

  override truth(...shape: number[]): tf.Tensor {
    return this.#note(this.#hidden((draw) => draw.truth(...shape)));
  }

  #plain = new Draw();

  /** Draws that ask for draws note only what the case gets. */
  #hidden(make: (draw: Draw) => tf.Tensor): tf.Tensor {
    return make(this.#plain);
  }
}

/** Gives tensors that stand for the noted ones. */
class GivenDraw extends Draw {
  readonly #given: readonly tf.Tensor[];
  #next = 0;

  constructor(given: readonly tf.Tensor[]) {
    super();
    this.#given = given;
  }

  override normal(): tf.Tensor {
    return this.#given[this.#next++]!;
  }
  override positive = this.normal;
  override integer = this.normal;
  override whole = this.normal;
  override truth = this.normal;
}

/** A case as a step: its random tensors come in the batch. */
export interface RecordedCase {
  readonly name: string;
  readonly step: Step;
  readonly batch: HostTensors;
}

/** Runs a case once on the engine in use, for its random tensors. */
export function recordedCase(name: string, make: Make): RecordedCase {
  const draw = new NotedDraw();
  const made = make(draw);
  for (const tensor of Array.isArray(made) ? made : [made]) tensor.dispose();
  const batch = Object.fromEntries(draw.noted.map((value, i) => [`x${i}`, value]));
  const step: Step = ({ batch: given }) => {
    const results = make(new GivenDraw(draw.noted.map((_, i) => given[`x${i}`]!)));
    return { outputs: Object.fromEntries((Array.isArray(results) ? results : [results]).map((result, i) => [`y${i}`, result])) };
  };
  return { name, step, batch };
}

/** Several cases as one, so that one program serves them all. */
export function joined(cases: readonly RecordedCase[]): RecordedCase {
  const named = (i: number, values: Readonly<Record<string, unknown>>): [string, unknown][] =>
    Object.entries(values).map(([name, value]) => [`${i}.${name}`, value]);
  const batch = Object.fromEntries(cases.flatMap((each, i) => named(i, each.batch))) as HostTensors;
  const step: Step = (inputs) => {
    const outputs = cases.flatMap((each, i) => {
      const own = Object.fromEntries(Object.keys(each.batch).map((name) => [name, inputs.batch[`${i}.${name}`]!]));
      return named(i, each.step({ ...inputs, batch: own }).outputs!);
    });
    return { outputs: Object.fromEntries(outputs) as Tensors };
  };
  return { name: cases.map(({ name }) => name).join(), step, batch };
}

/** The graph of a case. */
export function graphOf({ step, batch }: RecordedCase, supports: Supports): StepGraph {
  const specs = Object.fromEntries(Object.entries(batch).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
  const signature: StepSignature = { parameters: {}, state: {}, batch: specs, hyper: [], draws: false };
  return recordStep(step, signature, { supports }).graph;
}
