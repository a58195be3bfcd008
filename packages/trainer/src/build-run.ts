import { didYouMean, type Model, type Node, type Optimizer, type Protocol, type Reranker, ReidError, type Registry, type Sampler, type Schedule, type Scorer, type TokenizerSource } from '@reidkit/core-tensor'; // prettier-ignore
import type { Recipe, Stage } from '@reidkit/core-tensor';
import { type Facts, resolveReferences } from './reference.ts';
import { readSentences } from './instruction-fields.ts';
import { modelPass } from './model-pass.ts';
import { followArtefacts, type StageArtefacts } from './stage-artefacts.ts';
import type { StreamWay } from './stream-way.ts';
import { planStage, type StagePlan } from './training-step.ts';
import { artefactNames, batchNames, type Available, wireLosses } from './wire-losses.ts';

/** A stage with its parts built. */
export interface BuiltStage {
  readonly stage: Stage;
  /** What is done with the batches of each stream, in order. */
  readonly ways: readonly StreamWay[];
  readonly artefacts: StageArtefacts;
  /** Artefacts whose tensors its losses read, by the place where they find them. */
  readonly artefactPlaces: ReadonlyMap<string, string>;
  readonly plan: StagePlan;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
}

/** A recipe with its parts built. */
export interface BuiltRun {
  /** The recipe with references replaced and every default of every component filled in: enough to do it again. */
  readonly recipe: Recipe;
  readonly model: Model;
  readonly stages: readonly BuiltStage[];
  readonly samplers: Readonly<Record<string, Sampler>>;
  readonly protocol: Protocol;
  readonly scorer: Scorer;
  /** What is done to the retrieval before it is judged. */
  readonly rerankers: readonly Reranker[];
  /** What cuts query texts into words; undefined where images are the queries. */
  readonly tokenizer: TokenizerSource | undefined;
  /** Reads what an evaluation tells the model of each image. */
  readonly instructions: () => ReturnType<typeof readSentences>;
}

type Fields = Recipe['streams'][string]['fields'];

/** What a loader puts into every batch. */
const BATCH_NAMES = ['index', 'images', 'labels', 'cameras', 'views', 'domains', 'valid', 'toOriginal'] as const;

/** Fields with their tokenizer and transforms resolved. */
function resolveFields(fields: Fields, registry: Registry): Fields {
  const { texts, pictures } = fields;
  return {
    ...fields,
    ...(texts ? { texts: { ...texts, tokenizer: registry.resolve(texts.tokenizer) } } : {}),
    ...(pictures ? { pictures: { transforms: pictures.transforms.map((node) => registry.resolve(node)) } } : {}),
  };
}

function resolveLosses(losses: Stage['losses'], registry: Registry): Stage['losses'] {
  return Object.fromEntries(
    Object.entries(losses).map(([name, { use, options, ...rest }]) => {
      const node = registry.resolve({ use, ...(options === undefined ? {} : { options }) });
      return [name, { ...rest, use: node.use, options: node.options }];
    }),
  );
}

function resolveNodes(recipe: Recipe, registry: Registry): Recipe {
  const nodes = (list: readonly Node[]): Node[] => list.map((node) => registry.resolve(node));
  const { evaluation } = recipe;
  return {
    ...recipe,
    model: registry.resolve(recipe.model),
    streams: Object.fromEntries(
      Object.entries(recipe.streams).map(([name, stream]) => [
        name,
        {
          ...stream,
          dataset: registry.resolve(stream.dataset),
          sampler: registry.resolve(stream.sampler),
          transforms: nodes(stream.transforms),
          fields: resolveFields(stream.fields, registry),
        },
      ]),
    ),
    stages: recipe.stages.map((stage) => ({
      ...stage,
      optimizer: registry.resolve(stage.optimizer),
      schedule: registry.resolve(stage.schedule),
      prepare: Object.fromEntries(Object.entries(stage.prepare).map(([name, node]) => [name, registry.resolve(node)])),
      refresh: Object.fromEntries(Object.entries(stage.refresh).map(([path, node]) => [path, registry.resolve(node)])),
      tasks: Object.fromEntries(
        Object.entries(stage.tasks).map(([name, task]) => [name, { ...task, losses: resolveLosses(task.losses, registry) }]),
      ),
      losses: resolveLosses(stage.losses, registry),
    })),
    evaluation: {
      ...evaluation,
      ...(evaluation.dataset ? { dataset: registry.resolve(evaluation.dataset) } : {}),
      transforms: nodes(evaluation.transforms),
      protocol: registry.resolve(evaluation.protocol),
      scorer: registry.resolve(evaluation.scorer),
      rerank: nodes(evaluation.rerank),
      fields: resolveFields(evaluation.fields, registry),
      ...(evaluation.texts ? { texts: { ...evaluation.texts, tokenizer: registry.resolve(evaluation.texts.tokenizer) } } : {}),
    },
  };
}

/** The model of a recipe and what judges it; all that inference needs. Throws UNKNOWN_COMPONENT, INVALID_OPTIONS or RECIPE_INVALID. */
export function buildModel(
  recipe: Recipe,
  registry: Registry,
): Pick<BuiltRun, 'model' | 'protocol' | 'scorer' | 'rerankers' | 'tokenizer' | 'instructions'> {
  const { texts } = recipe.evaluation;
  return {
    instructions: () => readSentences(recipe.evaluation.fields, registry),
    tokenizer: texts ? registry.use<TokenizerSource>(texts.tokenizer) : undefined,
    model: registry.use<Model>(recipe.model),
    protocol: registry.use<Protocol>(recipe.evaluation.protocol),
    scorer: registry.use<Scorer>(recipe.evaluation.scorer),
    rerankers: recipe.evaluation.rerank.map((node) => registry.use<Reranker>(node)),
  };
}

/** What {@link buildRun} may be told beside the recipe. */
export interface BuildRunOptions {
  /** Artefacts that the caller has, by name. */
  readonly artefacts?: readonly string[];
}

/**
 * Builds every part of a recipe and checks that they fit together: losses read what the model gives, the scorer too, and every artefact is
 * made before it is needed. Nothing is trained and no memory is taken. Throws UNKNOWN_COMPONENT, INVALID_OPTIONS, UNKNOWN_NAME or
 * RECIPE_INVALID.
 */
export function buildRun(written: Recipe, facts: Facts, registry: Registry, { artefacts: given = [] }: BuildRunOptions = {}): BuiltRun {
  const recipe = resolveNodes(resolveReferences(written, facts) as unknown as Recipe, registry);
  const parts = buildModel(recipe, registry);
  checkNames('The model', parts.model.reads, [...BATCH_NAMES, ...fieldNames(recipe.evaluation.fields)], 'batch');
  checkNames('The scorer', parts.scorer.reads, parts.model.gives.evaluation, 'output');
  const { texts } = recipe.evaluation;
  if (texts)
    checkNames(
      `The scorer (for texts, pass "${texts.pass}")`,
      parts.scorer.reads,
      modelPass(parts.model, texts.pass).gives.evaluation,
      'output',
    );
  for (const { name, reads = [] } of parts.rerankers) checkNames(`The re-ranking "${name}"`, reads, parts.model.gives.evaluation, 'output');
  const followed = followArtefacts(recipe.stages, registry, given);
  const stages = recipe.stages.map((stage, at) => buildStage(recipe, stage, parts.model, registry, followed[at]!));
  const samplers = Object.fromEntries(Object.entries(recipe.streams).map(([name, { sampler }]) => [name, registry.use<Sampler>(sampler)]));
  return { ...parts, recipe, stages, samplers };
}

/** What batches of a stream carry beside the usual. */
function fieldNames(fields: Fields): string[] {
  const given = [fields.masks && 'masks', fields.partMasks && 'partMasks', fields.boxes && 'boxes'];
  const texts = fields.texts ? ['textIds', 'textMask'] : [];
  return [
    ...given.flatMap((name) => (name ? [name, `${name}Valid`] : [])), ...texts, ...(fields.pictures ? ['pictures'] : []), ...(fields.given ?? []),
  ]; // prettier-ignore
}

/** Throws UNKNOWN_NAME for a path to fill or to refresh that neither the model nor a loss of the stage has. */
function checkFilled({ name, fills, refresh }: Stage, { places }: StagePlan): void {
  const unknown = [...Object.keys(fills), ...Object.keys(refresh)].find((path) => !places.has(path));
  if (unknown === undefined) return;
  throw new ReidError('UNKNOWN_NAME', `Stage "${name}" gives numbers to "${unknown}", which is no parameter or buffer.${didYouMean(unknown, places.keys())}`); // prettier-ignore
}

/** What is done with the batches of one stream of a stage. Throws UNKNOWN_NAME for names that do not meet. */
function streamWay(
  recipe: Recipe,
  stage: Stage,
  stream: string,
  { model, registry, artefacts }: { readonly model: Model; readonly registry: Registry; readonly artefacts: StageArtefacts },
): StreamWay {
  const task = stage.tasks[stream];
  const { pass: name, losses: written } = task ?? stage;
  const pass = modelPass(model, name);
  const fields = recipe.streams[stream];
  const batch = [...BATCH_NAMES, ...(fields ? fieldNames(fields.fields) : []), ...Object.keys(stage.rows)];
  checkNames(`The pass "${name}" of the model`, pass.reads, batch, 'batch');
  const available: Available = { outputs: pass.gives.training, batch, state: [], artefact: [...artefacts.places.keys()] };
  const where = task ? `${stage.name}", task "${stream}` : stage.name;
  const losses = wireLosses({ name: where, losses: written }, registry, available, model.partNames?.length);
  return { stream, pass, losses, reads: batchNames(pass, losses), weight: task?.weight ?? 1, share: task?.share ?? 1, isOnly: !task };
}

function buildStage(recipe: Recipe, stage: Stage, model: Model, registry: Registry, artefacts: StageArtefacts): BuiltStage {
  const ways = stage.streams.map((stream) => streamWay(recipe, stage, stream, { model, registry, artefacts }));
  const optimizer = registry.use<Optimizer>(stage.optimizer);
  const plan = planStage({ stage, model, ways, optimizer });
  checkFilled(stage, plan);
  return {
    stage,
    ways,
    artefacts,
    artefactPlaces: new Map(artefactNames(ways.flatMap(({ losses }) => losses)).map((place) => [place, artefacts.places.get(place)!])),
    optimizer,
    schedule: registry.use<Schedule>(stage.schedule),
    plan,
  };
}

function checkNames(who: string, reads: readonly string[], given: readonly string[], what: string): void {
  const missing = reads.find((name) => !given.includes(name));
  if (missing === undefined) return;
  throw new ReidError('UNKNOWN_NAME', `${who} reads the ${what} "${missing}", which is not given.${didYouMean(missing, given)}`, {
    hint: `there are ${given.join(', ')}.`,
  });
}
