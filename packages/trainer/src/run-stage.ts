import {
  type Backend, copyHostTensor, hostTensor, type HostTensor, type HostTensors, type Prepare, type Program, type Random, ReidError, selectPaths, type StepReport,
} from '@reidkit/core-tensor'; // prettier-ignore
import type { Stage } from '@reidkit/core-tensor';
import { UPDATE } from './accumulate.ts';
import { artefactPlace, type Artefacts, placeOf } from './artefacts.ts';
import type { BatchSource, BatchSources } from './batch-source.ts';
import type { BuiltRun, BuiltStage } from './build-run.ts';
import { type Position, saveCheckpoint } from './checkpoint.ts';
import { checkImageSize, throwIfAborted } from './extract.ts';
import { imagesIn, openStage, readStep } from './open-stage.ts';
import { PassPrograms } from './pass-programs.ts';
import { labelsOf, prepareSite } from './prepare-site.ts';
import type { RunFolder } from './run-folder.ts';
import type { StreamRecords } from './run-data.ts';
import { carriedState, checkpointState, checkpointTensors, inPlaces } from './training-step.ts';

/** The numbers of a run: parameters by path, and the state that lives between steps. */
export interface Held {
  readonly parameters: HostTensors;
  readonly state: HostTensors;
}

/** What stages work on: a run without the question where its data come from. */
export interface StageRun {
  readonly built: BuiltRun;
  readonly backend: Backend;
  readonly folder: RunFolder;
  readonly random: Random;
  readonly sources: BatchSources;
  readonly artefacts: Artefacts;
  /** Records and labels of each stream. */
  readonly streams: Readonly<Record<string, StreamRecords>>;
  /** Steps between training checkpoints inside an epoch. */
  readonly checkpointEvery?: number | undefined;
  /** Progress of preparations. */
  readonly onProgress?: ((phase: string, done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of every step, compilation, preparation and evaluation. */
  readonly log: (position: Position, stage: string, kind: string, numbers: Readonly<Record<string, number>>, text?: string) => void;
  /** Judges the parameters between epochs, where a stage asks for it. */
  readonly judge?: (held: Held) => Promise<Readonly<Record<string, number>>>;
}

/** The beginning of a run. */
export const START: Position = { stage: 0, epoch: 0, batch: 0, step: 0 };

function checkLosses({ losses }: StepReport, position: Position, stage: string): void {
  const bad = Object.entries(losses).find(([, value]) => !Number.isFinite(value));
  if (!bad) return;
  throw new ReidError(
    'NON_FINITE_LOSS',
    `Step ${position.step + 1} (stage "${stage}", epoch ${position.epoch + 1}): the loss "${bad[0]}" is ${bad[1]}.`,
    {
      hint: 'the last checkpoint was kept. Lower the learning rate, lengthen the warm-up, clip gradients, or look at the images of this batch.',
    },
  );
}

const compiledText = ({ nodes, record, load }: NonNullable<StepReport['compiled']>): string =>
  `compiled the step: ${nodes} operations, recorded in ${record.toFixed(1)} s, loaded in ${load.toFixed(1)} s`;

/** Keeps time: images per second over the last steps, and what is left of the stage. */
class Pace {
  #last = performance.now();
  #rate = 0;

  step(images: number, stepsLeft: number, batchSize: number): { imagesPerSecond: number; secondsLeft: number } {
    const now = performance.now();
    const rate = (1000 * images) / Math.max(0.001, now - this.#last);
    this.#last = now;
    this.#rate = this.#rate === 0 ? rate : 0.9 * this.#rate + 0.1 * rate;
    return { imagesPerSecond: this.#rate, secondsLeft: (stepsLeft * batchSize) / this.#rate };
  }
}

/** Whether the gradients of a batch complete an update, for stages that average over several. */
const updateNow = ({ accumulate }: Stage, batches: number): Record<string, number> =>
  accumulate === 1 ? {} : { [UPDATE]: (batches + 1) % accumulate === 0 ? 1 : 0 };

async function save(run: StageRun, program: Program, position: Position): Promise<Held> {
  const { parameters, state } = await program.view();
  const values = { parameters, state: checkpointState(state) };
  await saveCheckpoint(run.folder.checkpoint, { position, ...values, artefacts: run.artefacts.hashes() });
  return values;
}

/** The rows of an artefact that belong to the records of a batch; zeros where a place holds none. */
function rowsOf({ data, shape }: HostTensor, index: HostTensor): HostTensor {
  const [count, ...row] = shape as [number, ...number[]];
  const length = data.length / Math.max(1, count);
  const rows = new Float32Array(index.data.length * length);
  index.data.forEach((at, place) => {
    if (at >= 0) rows.set((data as Float32Array).subarray(at * length, (at + 1) * length), place * length);
  });
  return hostTensor(rows, [index.data.length, ...row]);
}

/** Learning rates of this step: that of parameters in no group as `rate`, those of groups as `rate.1` and on. */
function ratesOf(hyper: Readonly<Record<string, number>>): Record<string, number> {
  const rates = Object.entries(hyper).filter(([name]) => name.startsWith('rate.'));
  return Object.fromEntries(rates.map(([name, value]) => [name === 'rate.0' ? 'rate' : name, value]));
}

/** What of an epoch is the same in all its steps. */
interface StageWork {
  readonly built: BuiltStage;
  readonly program: Program;
  /** Passes that are run before every epoch. */
  readonly programs: PassPrograms;
  readonly source: BatchSource;
  /** Names that batches get, with the artefact's rows behind them. */
  readonly rows: Readonly<Record<string, HostTensor>>;
}

async function trainEpoch(run: StageRun, { built, program, source, rows }: StageWork, start: Position): Promise<Position> {
  const { stage, optimizer, schedule, ways } = built;
  const { checkpointEvery = 200, signal } = run;
  const perEpoch = source.batchCount(start.epoch);
  const pace = new Pace();
  let position = start;
  for await (const { tensors, release } of source.epoch(position.epoch, position.batch)) {
    const batches = position.epoch * perEpoch + position.batch;
    const at = schedule.unit === 'epoch' ? position.epoch : Math.floor(batches / stage.accumulate);
    const hyper = { ...optimizer.hyper((base) => schedule.rate(at, base)), ...updateNow(stage, batches) };
    const added = Object.fromEntries(Object.entries(rows).map(([name, all]) => [name, rowsOf(all, tensors.index!)]));
    const batch = readStep({ ...tensors, ...added }, ways);
    for (const images of imagesIn(batch)) checkImageSize(run.built.model, images);
    const random = run.random.fork('draws', position.stage, position.epoch, position.batch);
    const report = await program.run({ batch, hyper, random });
    release();
    checkLosses(report, position, stage.name);
    if (report.compiled) run.log(position, stage.name, 'compile', report.compiled, compiledText(report.compiled));
    position = { ...position, batch: position.batch + 1, step: position.step + 1 };
    const stepsLeft = (stage.epochs - position.epoch) * perEpoch - position.batch;
    const numbers = { ...report.losses, ...ratesOf(hyper), ...pace.step(source.batchSize, stepsLeft, source.batchSize) };
    run.log(position, stage.name, 'step', { ...numbers, epochs: stage.epochs, batches: perEpoch });
    if (signal?.aborted) {
      await save(run, program, position);
      throwIfAborted(signal);
    }
    if (position.step % checkpointEvery === 0) await save(run, program, position);
  }
  return { ...position, epoch: position.epoch + 1, batch: 0 };
}

/** Makes what the stage prepares, unless it lies there from before. Throws FILE_NOT_FOUND when it is gone in the middle of a stage. */
async function prepare(run: StageRun, built: BuiltStage, site: Site): Promise<void> {
  const { stage, artefacts } = built;
  const { position } = site;
  for (const name of stage.needs) await run.artefacts.get(name);
  for (const [name, made] of artefacts.prepares) {
    const found = await run.artefacts.find(name);
    if (!found && (position.epoch > 0 || position.batch > 0)) await run.artefacts.get(name);
    if (found) continue;
    await run.artefacts.put(name, await runPreparation(run, built, { ...site, name, made, use: stage.prepare[name]!.use }), stage.name);
  }
}

/** What preparations work on: the model at a place in the run. */
interface Site {
  readonly position: Position;
  readonly tensors: HostTensors;
  readonly programs: PassPrograms;
}

/** A preparation, and what it works on. */
interface Preparation extends Site {
  readonly name: string;
  readonly made: Prepare;
  readonly use: string;
}

async function runPreparation(run: StageRun, { stage, artefacts }: BuiltStage, preparation: Preparation): Promise<HostTensors> {
  const { name, made, use, position, tensors, programs } = preparation;
  const stream = stage.streams[0]!;
  const { records, labels } = run.streams[stream]!;
  const ready: Record<string, HostTensors> = {};
  for (const known of [...stage.needs, ...artefacts.prepares.keys()]) {
    const found = await run.artefacts.find(known);
    if (found) ready[known] = found;
  }
  const start = performance.now();
  const site = prepareSite({
    model: run.built.model, tensors, programs, classes: labels.values.length,
    labels: labelsOf(records, (identity) => labels.labelOf(identity)),
    records: (batchSize) => run.sources.inOrder(stream, batchSize),
    artefact: (wanted) => ready[wanted] ?? unknownArtefact(wanted, Object.keys(ready)),
    random: run.random.fork('prepare', stage.name, name, position.epoch), signal: run.signal,
    ...(run.onProgress ? { onProgress: (done: number, total: number) => run.onProgress!(`preparing ${name}`, done, total) } : {}),
  }); // prettier-ignore
  const tensorsMade = await made.run(site);
  const seconds = (performance.now() - start) / 1000;
  run.log(position, stage.name, 'prepare', { seconds }, `prepared "${name}" (${use}) in ${seconds.toFixed(1)} s`);
  return tensorsMade;
}

/** As {@link prepare}, with programs and threads that go when all is made: training has the memory then. */
async function prepareOnce(run: StageRun, built: BuiltStage, position: Position, tensors: HostTensors): Promise<void> {
  const programs = new PassPrograms(run.built.model, run.backend.makeProgram);
  try {
    await prepare(run, built, { position, tensors, programs });
  } finally {
    programs.dispose();
    await run.sources.release();
  }
}

/** What is made anew before an epoch, put in its place. */
async function refresh(run: StageRun, { built, program, programs }: StageWork, position: Position): Promise<void> {
  const { stage, artefacts, plan } = built;
  if (artefacts.refreshes.size === 0 || position.batch > 0) return;
  const tensors = checkpointTensors(await program.view());
  const values: Record<string, HostTensor> = {};
  for (const [path, made] of artefacts.refreshes) {
    const use = stage.refresh[path]!.use;
    values[path] = (await runPreparation(run, built, { name: path, made, use, position, tensors, programs })).value!;
  }
  program.write(inPlaces(plan, values, stage.name));
}

/** What the stage begins with: as it was left, with the artefacts that fill some of its places. */
async function filled(run: StageRun, { stage, plan }: BuiltStage, { parameters, state }: Held): Promise<Held> {
  const values: Record<string, HostTensor> = {};
  for (const [path, place] of Object.entries(stage.fills)) {
    const { artefact, tensor } = placeOf(place);
    const tensors = await run.artefacts.get(artefact);
    const value = tensors[tensor];
    if (!value) {
      throw new ReidError('UNKNOWN_NAME', `Stage "${stage.name}" fills "${path}" from "${place}", but the artefact "${artefact}" has no tensor "${tensor}".`, {
        hint: `it has ${Object.keys(tensors).join(', ')}.`,
      }); // prettier-ignore
    }
    values[path] = copyHostTensor(value);
  }
  const placed = inPlaces(plan, values, stage.name);
  return { parameters: { ...parameters, ...placed.parameters }, state: { ...state, ...placed.state } };
}

function unknownArtefact(name: string, known: readonly string[]): never {
  throw new ReidError('UNKNOWN_NAME', `A preparation asks for the artefact "${name}", which is not there.`, {
    hint: `there are ${known.join(', ') || 'none'}; a stage lists those it works from under "needs".`,
  });
}

/** The artefacts' tensors that a stage's losses read, by the place where they find them. */
async function readPlaces(run: StageRun, { artefactPlaces }: BuiltStage): Promise<HostTensors> {
  const read: Record<string, HostTensor> = {};
  for (const [place, name] of artefactPlaces) {
    const tensors = await run.artefacts.get(name);
    const tensor = Object.keys(tensors).find((each) => artefactPlace(name, each) === place);
    if (tensor === undefined) throw new ReidError('UNKNOWN_NAME', `A loss reads "artefact.${place}", which the artefact "${name}" does not have.`); // prettier-ignore
    read[place] = tensors[tensor]!;
  }
  return read;
}

async function rowArtefacts(run: StageRun, { stage }: BuiltStage): Promise<Record<string, HostTensor>> {
  const { records } = run.streams[stage.streams[0]!]!;
  const rows: Record<string, HostTensor> = {};
  for (const [name, artefact] of Object.entries(stage.rows)) {
    const { value } = await run.artefacts.get(artefact);
    if (value?.shape[0] !== records.length) {
      throw new ReidError('SHAPE_MISMATCH', `The rows "${name}" of stage "${stage.name}" come from the artefact "${artefact}": expected ${records.length} rows, one per record, got ${value ? value.shape[0] : 'no tensor "value"'}.`); // prettier-ignore
    }
    rows[name] = value;
  }
  return rows;
}

/** Keeps the parameters that a stage leaves for later ones. */
async function produce(run: StageRun, { stage }: BuiltStage, held: Held): Promise<void> {
  const all = checkpointTensors(held);
  for (const [name, patterns] of Object.entries(stage.produces)) {
    const paths = selectPaths(Object.keys(all), patterns);
    await run.artefacts.put(name, Object.fromEntries(paths.map((path) => [path, copyHostTensor(all[path]!)])), stage.name);
  }
}

/** Trains one stage from a position in it. Throws NON_FINITE_LOSS, INTERRUPTED, and whatever the parts throw. */
async function trainStage(run: StageRun, built: BuiltStage, start: Position, held: Held): Promise<{ position: Position; held: Held }> {
  const { stage, plan } = built;
  const isNew = start.epoch === 0 && start.batch === 0;
  const begun = isNew ? { ...held, state: carriedState(held.state) } : held;
  const random = run.random.fork('initial');
  await prepareOnce(run, built, start, checkpointTensors(plan.values(random, begun)));
  const ready = isNew ? await filled(run, built, begun) : begun;
  const program = run.backend.makeProgram(plan.step, { ...plan.values(random, ready, await readPlaces(run, built)), isGivenAway: true });
  const source = await openStage(run, built, start.stage);
  const programs = new PassPrograms(run.built.model, run.backend.makeProgram);
  const work: StageWork = { built, program, programs, source, rows: await rowArtefacts(run, built) };
  const next: Position = { ...START, stage: start.stage + 1 };
  let position = start;
  let values: Held | undefined;
  try {
    while (position.epoch < stage.epochs) {
      await refresh(run, work, position);
      position = await trainEpoch(run, work, position);
      const isLast = position.epoch === stage.epochs;
      if (isLast) await produce(run, built, await program.view());
      values = await save(run, program, isLast ? { ...next, step: position.step } : position);
      if (!isLast && run.judge && stage.evaluateEvery > 0 && position.epoch % stage.evaluateEvery === 0) {
        run.log(position, stage.name, 'evaluation', await run.judge(values));
      }
    }
    if (!values) {
      values = await program.view();
      await produce(run, built, values);
    }
  } finally {
    program.dispose();
    programs.dispose();
    await run.sources.release();
    await source.close();
  }
  return { position: { ...next, step: position.step }, held: { ...values, state: checkpointState(values.state) } };
}

/** Trains the stages that are left, from a position on. Throws NON_FINITE_LOSS, INTERRUPTED, and whatever the parts throw. */
export async function trainStages(
  run: StageRun,
  from: { readonly position: Position; readonly held: Held },
): Promise<{ position: Position; held: Held }> {
  let { position, held } = from;
  for (const built of run.built.stages.slice(position.stage)) ({ position, held } = await trainStage(run, built, position, held));
  return { position, held };
}
