import { createHash } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ReidError, writeFileAtomically, type Dataset, type DatasetReader, type Finding } from '@reidkit/core-tensor';
import { checkDataset, type DatasetReport, FILES_LISTED, type FilesListed, recognizeDataset } from '@reidkit/datasets';
import { renderDataPage } from '../data-page.ts';
import { makeRegistry } from '../plugins.ts';
import { ProgressLine } from '../progress.ts';

/** Options of `reidkit data check`. */
export interface DataCheckOptions {
  readonly deep?: boolean;
  readonly json?: boolean;
  /** File of a page with pictures. */
  readonly html?: string;
  /** File that remembers what a deep check has read. */
  readonly cache?: string;
}

const SIGNS: Readonly<Record<Finding['severity'], string>> = { error: 'ERROR', warning: 'warning', info: 'note' };

function bars(counts: Readonly<Record<string, number>>): string[] {
  const most = Math.max(...Object.values(counts));
  return Object.entries(counts).map(
    ([name, count]) => `    ${name.padStart(8)} ${String(count).padStart(7)} ${'▇'.repeat(Math.round((30 * count) / most))}`,
  );
}

function lines(report: DatasetReport): string[] {
  const splits = Object.entries(report.splits).flatMap(([name, { records, identities, cameras, published, perCamera, perIdentity }]) => [
    `  ${name}: ${records} images, ${identities} identities, ${cameras} cameras${published ? ` (published: ${published.records} images, ${published.identities} identities)` : ''}`,
    `    images per identity: ${perIdentity.least} to ${perIdentity.most}, median ${perIdentity.median}; per camera:`,
    ...bars(perCamera),
  ]);
  return [
    `${report.dataset}${report.fingerprint?.version ? ` (${report.fingerprint.version})` : ''} in ${report.root ?? '?'}`,
    ...(report.fingerprint ? [`  fingerprint ${report.fingerprint.hash}`] : []),
    ...splits,
    ...(report.publishedSource === undefined ? [] : [`  published counts: ${report.publishedSource}`]),
    ...report.excluded.map(
      ({ rule, count, files }) => `  left out ${count}: ${rule} (${files.slice(0, 3).join(', ')}${count > 3 ? ', …' : ''})`,
    ),
    ...(report.retrieval
      ? [`  queries with a true match under the camera filter: ${report.retrieval.valid} of ${report.retrieval.queries}`]
      : []),
    ...report.findings.map(({ severity, message }) => `${SIGNS[severity]}: ${message}`),
    report.ok ? 'Nothing is in the way of training and evaluation.' : 'As it is, this cannot work.',
  ];
}

/** Where a deep check remembers what it has read, unless the user names a file. */
function defaultCache(folder: string): string {
  const name = createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 16);
  return join(tmpdir(), 'reidkit', `check-${name}.jsonl`);
}

/** Shows how many names were read while something reads them. */
async function countingNames<T>(line: ProgressLine, read: () => Promise<T>): Promise<T> {
  let names = 0;
  const tell = (message: unknown): void => {
    names += (message as FilesListed).files;
    line.update(`reading names: ${names}`);
  };
  subscribe(FILES_LISTED, tell);
  try {
    return await read();
  } finally {
    unsubscribe(FILES_LISTED, tell);
  }
}

/** Reads the data set; null with the report when it cannot be read. */
async function readOrReport(reader: DatasetReader): Promise<{ dataset: Dataset | null; failure: DatasetReport | null }> {
  try {
    return { dataset: await reader.read(), failure: null };
  } catch (error) {
    if (!ReidError.is(error)) throw error;
    const rejected = { name: reader.name, read: () => Promise.reject(error) };
    return { dataset: null, failure: await checkDataset(rejected) };
  }
}

/** `reidkit data check FOLDER`; exit code 1 when something is an error. */
export async function dataCheckCommand(folder: string, options: DataCheckOptions): Promise<void> {
  const registry = await makeRegistry();
  const line = new ProgressLine();
  line.update('reading names');
  const node = await recognizeDataset(folder);
  const { dataset, failure } = await countingNames(line, () => readOrReport(registry.use<DatasetReader>(node)));
  const cache = options.cache ?? defaultCache(folder);
  const onProgress = (done: number, total: number): void => line.update(`reading images: ${done} of ${total}`);
  const report = failure ?? (await checkDataset(dataset!, { deep: options.deep ?? false, cache, onProgress }));
  if (options.html !== undefined) await writeFileAtomically(options.html, await renderDataPage(report, dataset));
  console.log(options.json ? JSON.stringify({ ...report, reader: node }, null, 2) : lines(report).join('\n'));
  if (!report.ok) process.exitCode = 1;
}
