import { join } from 'node:path';
import { ReidError, type Dataset, type DatasetReader, type Finding, type FrameRecord, type Node, type Registry } from '@reidkit/core-tensor';
import { checkDataset, findingsOf, recognizeDataset } from '@reidkit/datasets';
import type { GoldenReport } from './adapter.ts';
import { outfitOf, pickedRecords } from './dataset-items.ts';
import { readingsOf, type Reading } from './dataset-readings.ts';

/** A finding that must be there; paths begin with the folder of the case. */
interface ExpectedFinding {
  readonly severity: Finding['severity'];
  readonly rule: string;
  readonly file?: string;
  readonly list?: string;
  readonly line?: number;
  readonly count?: number;
  readonly pid?: number;
  readonly at?: string;
  readonly key?: string;
}

type Counts = Readonly<Record<string, number>>;

/** A damaged or awkward data set. */
export interface BrokenCase {
  readonly id: string;
  readonly dataset: string;
  readonly root: string;
  readonly report: readonly ExpectedFinding[];
  readonly loads: Counts | null;
  readonly loadsEither?: readonly Counts[];
  readonly ids?: Readonly<Record<string, readonly number[]>>;
  readonly clothes?: Counts;
  readonly boxes?: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly boxesKept?: Readonly<Record<string, readonly number[]>>;
}

interface Outcome {
  readonly dataset: Dataset | null;
  readonly findings: readonly Finding[];
}

/** Options under which a reader goes on with the rest. */
const GOES_ON: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { msmt17: { onBadList: 'skip' } };

/** The reader that a folder is recognised for; where damage hides what it is, the one that its user would name. */
async function nodeFor(dataset: string, root: string, registry: Registry): Promise<Node> {
  const named = { use: `dataset/${dataset === 'cuhk03-raw' ? 'cuhk03' : dataset}`, options: { root } };
  try {
    const node = await recognizeDataset(root);
    return node.use === named.use ? node : named;
  } catch (error) {
    if (registry.names.includes(named.use)) return named;
    throw error;
  }
}

async function readCase({ dataset, root }: BrokenCase, reading: Reading, archive: string, registry: Registry): Promise<Outcome> {
  try {
    const { use, options } = await nodeFor(dataset, join(archive, root), registry);
    const all = { ...(options as object), ...reading.options, ...GOES_ON[dataset] };
    const read = await registry.use<DatasetReader>({ use, options: all }).read();
    return { dataset: read, findings: (await checkDataset(read, { deep: true })).findings };
  } catch (error) {
    if (!ReidError.is(error)) throw error;
    return { dataset: null, findings: findingsOf(error) ?? [{ severity: 'error', rule: error.code, message: error.message }] };
  }
}

/** Findings name files below the data set's root, expectations below the archive; a part of one name must not count for another. */
const namesFile = (finding: Finding, path: string): boolean =>
  (finding.files ?? []).some((file) => path === file || path.endsWith(`/${file}`)) || finding.message.includes(path.split('/').slice(-2).join('/'));

function says(finding: Finding, expected: ExpectedFinding): boolean {
  const { severity, rule, file, list, line, count, pid, at, key } = expected;
  const words = [line === undefined ? null : `line ${line}`, pid === undefined ? null : String(pid), at, key];
  return (
    finding.severity === severity &&
    finding.rule === rule &&
    (file === undefined || namesFile(finding, file)) &&
    (list === undefined || finding.message.includes(list.slice(list.lastIndexOf('/') + 1))) &&
    (count === undefined || finding.count === count) &&
    words.every((word) => word === null || word === undefined || new RegExp(`(?<![\\w])${escape(word)}(?![\\w])`).test(finding.message))
  );
}

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

const textOf = (findings: readonly Finding[]): string =>
  findings.map(({ severity, rule, message, files }) => `${severity} ${rule}: ${message} [${files?.slice(0, 3).join(', ') ?? ''}]`).join(' | ') || 'nothing';

function countOf(dataset: Dataset, reading: Reading, name: string): number {
  const known = Object.keys(reading.splits).find((split) => split === name || split.endsWith(`.${name}`));
  return pickedRecords(dataset, known === undefined ? { split: name } : reading.splits[known]!).length;
}

function compareLoads(broken: BrokenCase, { dataset, findings }: Outcome, reading: Reading, report: GoldenReport): void {
  const { id, loads, loadsEither } = broken;
  if (loads === null && !loadsEither) {
    // Finding the right folder by itself is as good as stopping, when it is said.
    const isFine = dataset === null || broken.report.some((expected) => expected.severity === 'info' && findings.some((finding) => says(finding, expected)));
    return report.check(`${id}: stops`, isFine, 'was read as if nothing were wrong');
  }
  const choices = loadsEither ?? [loads!];
  const got = choices.map((counts) => Object.keys(counts).map((name) => (dataset ? countOf(dataset, reading, name) : -1)));
  const isOne = choices.some((counts, i) => Object.values(counts).join() === got[i]!.join());
  report.check(`${id}: reads`, isOne, `${dataset ? JSON.stringify(got) : textOf(findings)}, expected ${JSON.stringify(choices)}`);
}

/** Flat pictures of few people are equal in many places, and cases of three pictures have one camera: saying so is right. */
const TRUE_OF_MINIATURES = ['duplicate-content', 'single-camera'];

function compareFindings(broken: BrokenCase, { dataset, findings }: Outcome, report: GoldenReport): void {
  const isExcused = ({ severity }: ExpectedFinding): boolean => dataset !== null && broken.loads === null && !broken.loadsEither && severity === 'error';
  for (const expected of broken.report.filter((one) => !isExcused(one))) {
    const isThere = findings.some((finding) => says(finding, expected));
    report.check(`${broken.id}: ${expected.rule} ${expected.file ?? ''}`, isThere, `expected ${JSON.stringify(expected)}, got ${textOf(findings)}`);
  }
  if (dataset === null || broken.report.some(({ severity }) => severity === 'error')) return;
  const errors = findings.filter(({ severity }) => severity === 'error');
  report.check(`${broken.id}: no other error`, errors.length === 0, textOf(errors));
  if (broken.report.length > 0) return;
  const warnings = findings.filter(({ severity, rule }) => severity === 'warning' && !TRUE_OF_MINIATURES.includes(rule));
  report.check(`${broken.id}: nothing is wrong`, warnings.length === 0, textOf(warnings));
}

function comparePeople({ id, ids = {}, clothes = {} }: BrokenCase, dataset: Dataset, reading: Reading, report: GoldenReport): void {
  for (const [split, want] of Object.entries(ids)) {
    const records = pickedRecords(dataset, reading.splits[split] ?? { split });
    const got = [...new Set(records.flatMap((record) => ('identity' in record ? [record.identity] : [])))].sort((a, b) => a - b);
    report.check(`${id}: people of ${split}`, got.join() === want.join(), got.join(', '));
  }
  for (const [split, want] of Object.entries(clothes)) {
    const splits = split === 'test' ? ['query', 'gallery'] : [split];
    const records = splits.flatMap((name) => dataset.splits[name] ?? []);
    const got = new Set(records.map((record) => outfitOf(record, dataset))).size;
    report.check(`${id}: outfits of ${split}`, got === want, String(got));
  }
}

function compareFrames({ id, boxes = {}, boxesKept = {} }: BrokenCase, dataset: Dataset, report: GoldenReport): void {
  const frames = Object.values(dataset.splits).flat();
  const personsOf = (name: string): FrameRecord['persons'] =>
    frames.flatMap((record) => (record.form === 'frame' && record.file.includes(name) ? record.persons : []));
  for (const [name, want] of Object.entries(boxes)) {
    const got = personsOf(name).map(({ box }) => box.map(Math.trunc));
    report.check(`${id}: boxes of ${name}`, JSON.stringify(got) === JSON.stringify(want), JSON.stringify(got));
  }
  for (const [name, want] of Object.entries(boxesKept)) {
    const got = personsOf(name).map(({ identity }) => identity);
    report.check(`${id}: people left in ${name}`, JSON.stringify(got) === JSON.stringify(want), JSON.stringify(got));
  }
}

/** Reads a damaged data set as a user would and compares what is said about it. */
export async function compareBroken(broken: BrokenCase, archive: string, registry: Registry, report: GoldenReport): Promise<void> {
  const counts = broken.loads ?? broken.loadsEither?.[0] ?? {};
  const splits = Object.fromEntries(Object.keys(counts).map((split) => [split, []]));
  const [reading] = readingsOf({ dataset: broken.dataset, places: [{ root: broken.root }], splits });
  const outcome = await readCase(broken, reading!, archive, registry);
  compareLoads(broken, outcome, reading!, report);
  compareFindings(broken, outcome, report);
  if (!outcome.dataset) return;
  comparePeople(broken, outcome.dataset, reading!, report);
  compareFrames(broken, outcome.dataset, report);
}
