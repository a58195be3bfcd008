import type { DatasetReader, Finding } from '@reidkit/core-tensor';
import { checkDataset, type DatasetReport, recognizeDataset } from '@reidkit/datasets';
import { makeRegistry } from '../plugins.ts';
import { ProgressLine } from '../progress.ts';

/** Options of `reidkit data check`. */
export interface DataCheckOptions {
  readonly deep?: boolean;
  readonly json?: boolean;
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
    `${report.dataset} in ${report.root ?? '?'}`,
    ...splits,
    ...report.excluded.map(
      ({ rule, count, files }) => `  left out ${count}: ${rule} (${files.slice(0, 3).join(', ')}${count > 3 ? ', …' : ''})`,
    ),
    ...report.findings.map(({ severity, message }) => `${SIGNS[severity]}: ${message}`),
    report.ok ? 'Nothing is in the way of training and evaluation.' : 'As it is, this cannot work.',
  ];
}

/** `reidkit data check FOLDER`; exit code 1 when something is an error. */
export async function dataCheckCommand(folder: string, { deep = false, json = false }: DataCheckOptions): Promise<void> {
  const registry = await makeRegistry();
  const reader = registry.use<DatasetReader>(await recognizeDataset(folder));
  const line = new ProgressLine();
  const report = await checkDataset(reader, { deep, onProgress: (done, total) => line.update(`reading images: ${done} of ${total}`) });
  console.log(json ? JSON.stringify(report, null, 2) : lines(report).join('\n'));
  if (!report.ok) process.exitCode = 1;
}
