import { join } from 'node:path';
import type { Dataset, ReidRecord } from '@reidkit/core-tensor';
import { countPartBoxes, type DatasetReport, type SplitReport } from '@reidkit/datasets';
import { html, renderPage, Thumbnails, type Html } from '@reidkit/eval';
import { PART_STYLE, partBoxesSection } from './part-boxes-section.ts';

const STYLE = `
.bars { display: grid; grid-template-columns: max-content max-content 1fr; gap: 2px 12px; align-items: center; font-size: 0.875rem; margin-bottom: 12px; }
.bars i { display: block; height: 10px; border-radius: 3px; background: var(--accent); min-width: 1px; }
.bars b { font-weight: 400; text-align: right; font-variant-numeric: tabular-nums; }
.pictures { display: flex; flex-wrap: wrap; gap: 8px; }
.pictures figure { margin: 0; width: 96px; font-size: 0.75rem; overflow-wrap: anywhere; }
.pictures img { max-width: 96px; border-radius: 4px; }
.error { color: var(--bad); } .fine { color: var(--good); }
`;

const MOST_BARS = 40;
const PICTURES = 12;

/** Counts as bars; the smallest groups are left out when there are too many. */
function bars(counts: Readonly<Record<string, number>>): Html {
  const all = Object.entries(counts);
  const shown = all.length > MOST_BARS ? [...all].sort(([, a], [, b]) => b - a).slice(0, MOST_BARS) : all;
  const most = Math.max(1, ...shown.map(([, count]) => count));
  return html`<div class="bars">
      ${shown.map(([name, count]) => html`<span>${name}</span><b>${count}</b><i style="width: ${((100 * count) / most).toFixed(1)}%"></i>`)}
    </div>
    ${all.length > shown.length && html`<p class="note">The ${shown.length} largest of ${all.length}.</p>`}`;
}

const fileOf = (record: ReidRecord): string | null =>
  record.form === 'text' ? null : record.form === 'tracklet' ? record.files[0]! : record.file;

/** Records spread evenly over a split. */
function sample(records: readonly ReidRecord[]): ReidRecord[] {
  const step = Math.max(1, records.length / PICTURES);
  return Array.from({ length: Math.min(PICTURES, records.length) }, (_, i) => records[Math.floor(i * step)]!);
}

async function pictures(dataset: Dataset, split: string, thumbnails: Thumbnails): Promise<Html[]> {
  const files = sample(dataset.splits[split] ?? []).flatMap((record) => fileOf(record) ?? []);
  return Promise.all(
    files.map(async (file) => {
      const source = await thumbnails.of({ file: join(dataset.root, file) });
      return html`<figure>
        ${source === undefined ? html`<p class="error">cannot be read</p>` : html`<img src="${source}" alt="" />`}
        <figcaption>${file.slice(file.lastIndexOf('/') + 1)}</figcaption>
      </figure>`;
    }),
  );
}

async function splitSection(name: string, split: SplitReport, dataset: Dataset | null, thumbnails: Thumbnails): Promise<Html> {
  const { records, identities, cameras, published, perCamera, perIdentity } = split;
  return html`<section>
    <h2>${name}</h2>
    <p>
      ${records} records, ${identities} identities, ${cameras}
      cameras${published && `; published: ${published.records} records, ${published.identities} identities`}.
    </p>
    <h3>Records per camera</h3>
    ${bars(perCamera)}
    <h3>Identities by number of records</h3>
    ${bars(perIdentity.histogram as Record<string, number>)}
    <div class="pictures">${dataset && (await pictures(dataset, name, thumbnails))}</div>
  </section>`;
}

const SIGNS = { error: 'Error', warning: 'Warning', info: 'Note' } as const;

function retrievalText({ retrieval }: DatasetReport): string {
  if (!retrieval) return 'There are no query and gallery images, so nothing can be said about retrieval.';
  const { valid, queries, absent, sameCameraOnly } = retrieval;
  return `${valid} of ${queries} queries have a true match left under the camera filter; ${absent.length} have none in the gallery, ${sameCameraOnly.length} only under their own camera.`;
}

function contentText({ content }: DatasetReport): string {
  if (!content) return 'The images were not opened (add --deep).';
  const { checked, unreadable, duplicates, sizes } = content;
  const range = sizes ? `, from ${sizes.smallest.join(' × ')} to ${sizes.largest.join(' × ')} pixels` : '';
  return `${checked} images were opened${range}; ${unreadable.length} cannot be decoded, ${duplicates.length} are in two splits.`;
}

/** A report on a data set as one page that needs nothing else, with some of its pictures. */
export async function renderDataPage(report: DatasetReport, dataset: Dataset | null): Promise<string> {
  const title = `${report.dataset}: data check`;
  const thumbnails = new Thumbnails();
  const sections: Html[] = [];
  for (const [name, split] of Object.entries(report.splits)) sections.push(await splitSection(name, split, dataset, thumbnails));
  const parts = dataset && (await countPartBoxes(dataset));
  const body = html`
    <section>
      <h2 class="${report.ok ? 'fine' : 'error'}">
        ${report.ok ? 'Nothing is in the way of training and evaluation' : 'As it is, this cannot work'}
      </h2>
      <p>${retrievalText(report)}</p>
      <p>${contentText(report)}</p>
      ${report.publishedSource && html`<p class="note">Published counts: ${report.publishedSource}.</p>`}
      <ul>
        ${report.findings.map(({ severity, rule, message }) => html`<li class="${severity}">${SIGNS[severity]} (${rule}): ${message}</li>`)}
      </ul>
      ${report.excluded.length > 0 && html`<h3>Left out</h3>`}
      <ul>
        ${report.excluded.map(({ rule, count, files }) => html`<li>${count}: ${rule} (${files.slice(0, 3).join(', ')})</li>`)}
      </ul>
    </section>
    ${parts && (await partBoxesSection(parts, dataset.root, thumbnails))} ${sections}
  `;
  return renderPage({
    title,
    byline: [report.root, report.fingerprint?.version, report.fingerprint?.hash.slice(0, 12)],
    body,
    style: `${STYLE}${PART_STYLE}`,
  });
}
