import { checkStateDict, type DatasetReader, type Node, readSafetensors, writeFileAtomically } from '@reidkit/core-tensor';
import { recognizeDataset } from '@reidkit/datasets';
import { crossDomainTable, type CrossDomainTable, type DomainCell, type DomainResult } from '@reidkit/eval';
import { MUVA_PUBLISHED, type PublishedCell } from '@reidkit/recipes';
import { buildModel, defaultWorkers, evaluate, readRunRecord, runFolder } from '@reidkit/trainer';
import { type EngineChoice, startEngine } from '../engine.ts';
import { interruptible } from '../interruptible.ts';
import { makeRegistry } from '../plugins.ts';
import { ProgressLine } from '../progress.ts';

/** Options of `reidkit cross-domain`. */
export interface CrossDomainCommandOptions extends EngineChoice {
  /** Folders of data sets to test on. */
  readonly target: readonly string[];
  readonly json?: boolean;
  readonly out?: string;
  readonly workers?: number;
}

/** Figures that papers print, by the recipe of a run. */
const PUBLISHED: Readonly<Record<string, readonly PublishedCell[]>> = { muva: MUVA_PUBLISHED };

/** An evaluation, with the readers of its data, by which published figures are found. */
interface Judged {
  readonly result: DomainResult;
  readonly published: PublishedCell | undefined;
}

/** Data sets behind a node: those that it combines, or itself. */
function partsOf(node: Node): readonly Node[] {
  const { sources } = (node.options ?? {}) as { readonly sources?: readonly { readonly dataset: Node }[] };
  return node.use === 'dataset/combined' && sources ? sources.map(({ dataset }) => dataset) : [node];
}

/** What a reader calls its data set, with the folder where that would not tell two apart. */
const nameOf = ({ use, options }: Node): string =>
  `${use.slice('dataset/'.length)} (${String((options as { root?: unknown } | undefined)?.root)})`;

function publishedFor(recipe: string, sources: readonly Node[], target: Node): PublishedCell | undefined {
  const wanted = sources.map(({ use }) => use).sort().join(); // prettier-ignore
  return PUBLISHED[recipe]?.find((cell) => cell.sources.join() === wanted && cell.target === target.use);
}

async function judge(path: string, targets: readonly Node[], options: CrossDomainCommandOptions, line: ProgressLine): Promise<Judged[]> {
  const folder = runFolder(path);
  const { recipe } = await readRunRecord(folder);
  const registry = await makeRegistry(recipe.plugins);
  const engine = await startEngine(options);
  const built = buildModel(recipe, registry);
  const { tensors } = await readSafetensors(folder.model);
  checkStateDict(built.model, tensors, { source: folder.model });
  const sources = partsOf(Object.values(recipe.streams)[0]!.dataset);
  const judged: Judged[] = [];
  for (const target of targets) {
    const { summary } = await interruptible(async (signal) =>
      evaluate({
        ...built, tensors, signal, evaluation: recipe.evaluation, plugins: recipe.plugins, workers: options.workers ?? defaultWorkers(),
        dataset: await registry.use<DatasetReader>(target).read(), makeProgram: engine.makeProgram, product: engine.matrixProduct,
        onProgress: (phase, done, total) => line.update(`${path} on ${nameOf(target)}: ${phase} ${done} of ${total} images`),
      }),
    ); // prettier-ignore
    const result = { sources: sources.map(nameOf), target: nameOf(target), summary };
    judged.push({ result, published: publishedFor(recipe.name, sources, target) });
  }
  return judged;
}

const figures = ({ mAP, rank1 }: DomainCell): string => `${(100 * mAP).toFixed(1)} / ${(100 * rank1).toFixed(1)}`;

function markdown({ targets, rows }: CrossDomainTable, all: readonly Judged[]): string {
  const published = (sources: string, target: string): string => {
    const found = all.find(({ result }) => result.sources.join(' + ') === sources && result.target === target)?.published;
    return found ? ` (paper ${figures(found)})` : '';
  };
  const head = ['trained on', ...targets, 'mean of unseen'];
  const lines = rows.map(({ sources, cells, mean }) => [
    sources,
    ...cells.map((cell, at) => (cell ? `${figures(cell)}${published(sources, targets[at]!)}` : '')),
    mean ? figures(mean) : '',
  ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** `reidkit cross-domain RUNS --target FOLDER`. */
export async function crossDomainCommand(runs: readonly string[], options: CrossDomainCommandOptions): Promise<void> {
  const line = new ProgressLine();
  const targets = await Promise.all(options.target.map((folder) => recognizeDataset(folder)));
  const all: Judged[] = [];
  for (const run of runs) all.push(...(await judge(run, targets, options, line)));
  line.done(`evaluated ${runs.length} runs on ${targets.length} data sets`);
  const table = crossDomainTable(all.map(({ result }) => result));
  const cells = all.map(({ result: { sources, target, summary }, published }) => ({
    sources,
    target,
    mAP: summary.mAP,
    rank1: summary.cmc['1'],
    published,
  }));
  if (options.out) await writeFileAtomically(options.out, `${JSON.stringify({ table, cells }, null, 2)}\n`);
  console.log(options.json ? JSON.stringify({ table, cells }) : `mAP / rank-1, percent\n\n${markdown(table, all)}`);
}
