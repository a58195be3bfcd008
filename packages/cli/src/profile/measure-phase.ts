import {
  type Backend,
  hostTensor,
  type HostTensors,
  initialState,
  type Program,
  Random,
  recordStep,
  type Specs,
  type StepCall,
} from '@reidkit/core-tensor';
import { type BuiltRun, type BuiltStage, modelPass, passStep } from '@reidkit/trainer';
import { countProducts } from './count-products.ts';
import { type ProfileSizes, recordPass, stageInputs } from './profile-inputs.ts';

/** What one stage of training, or inference, costs. */
export interface PhaseCost {
  readonly phase: string;
  /** Items of a batch. */
  readonly batch: number;
  /** Multiplications with additions of a step, its gradients included. */
  readonly products: number;
  /** Median of a step. */
  readonly milliseconds: number;
  /** Most memory of the process, the engine's included, in bytes. */
  readonly peakBytes: number;
}

/** The name of the phase that gives descriptors. */
export const INFERENCE = 'inference';

const specsOf = (tensors: HostTensors): Specs =>
  Object.fromEntries(Object.entries(tensors).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));

async function timeOf(program: Program, call: (step: number) => StepCall, steps: number): Promise<number> {
  const times: number[] = [];
  for (let step = 0; step <= steps; step++) {
    const start = performance.now();
    await program.run(call(step));
    times.push(performance.now() - start);
  }
  program.dispose();
  // The first step compiles.
  const sorted = times.slice(1).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

const peakBytes = (): number => process.resourceUsage().maxRSS * 1024;

/** How much is measured. */
export interface MeasureSizes extends ProfileSizes {
  /** Steps whose median counts, after one that does not. */
  readonly steps: number;
}

async function measureStage(run: BuiltRun, built: BuiltStage, backend: Backend, sizes: MeasureSizes): Promise<PhaseCost> {
  const { plan, optimizer, stage } = built;
  const { batch, artefacts } = await stageInputs(run, built, sizes);
  const values = plan.values(Random.seed(1), { parameters: {}, state: {} }, artefacts);
  const hyper = { ...optimizer.hyper((base) => base), ...(stage.accumulate === 1 ? {} : { update: 1 }) };
  const signature = {
    parameters: specsOf(values.parameters),
    state: specsOf(values.state),
    batch: specsOf(batch),
    hyper: Object.keys(hyper),
    draws: true,
  };
  const products = countProducts(recordStep(plan.step, signature).graph);
  const program = backend.makeProgram(plan.step, { ...values, isGivenAway: true });
  const milliseconds = await timeOf(program, (step) => ({ batch, hyper, random: Random.seed(2).fork(step) }), sizes.steps);
  return { phase: stage.name, batch: sizes.batch, products, milliseconds, peakBytes: peakBytes() };
}

async function measureInference({ model, scorer }: BuiltRun, backend: Backend, { batch: count, steps }: MeasureSizes): Promise<PhaseCost> {
  const pass = modelPass(model, 'images');
  const products = countProducts(recordPass(model, pass, scorer.reads, count));
  const program = backend.makeProgram(passStep(model, pass, scorer.reads), {
    parameters: initialState(model, Random.seed(1)),
    isGivenAway: true,
  });
  const shape = [count, ...model.imageSize, 3];
  const facts = Object.fromEntries(model.reads.map((name) => [name, hostTensor(new Int32Array(count), [count], 'int32')]));
  const batch = { images: hostTensor(Random.seed(2).normal(shape.reduce((a, b) => a * b, 1)), shape), ...facts };
  const milliseconds = await timeOf(program, () => ({ batch }), steps);
  return { phase: INFERENCE, batch: count, products, milliseconds, peakBytes: peakBytes() };
}

/** Measures a stage of training by its name, or {@link INFERENCE}, in this process. */
export function measurePhase(run: BuiltRun, phase: string, backend: Backend, sizes: MeasureSizes): Promise<PhaseCost> {
  const stage = run.stages.find(({ stage: { name } }) => name === phase);
  return stage ? measureStage(run, stage, backend, sizes) : measureInference(run, backend, sizes);
}
