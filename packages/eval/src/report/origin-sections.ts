import { count, duration, plural } from './format-number.ts';
import { html, type Html } from './html.ts';
import type { ReportDataset, ReportEnvironment } from './report-data.ts';

const facts = (rows: readonly (readonly [string, string])[]): Html =>
  html`<dl class="facts">
    ${rows.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;

/** Fingerprint, counts and notes of the data. */
export function datasetSection({ fingerprint, notes = [], excluded = {} }: ReportDataset): Html {
  const rules = Object.entries(excluded);
  return html`<section id="dataset">
    <h2>Data set</h2>
    ${facts([
      ['Name', fingerprint.version ? `${fingerprint.dataset}, ${fingerprint.version}` : fingerprint.dataset],
      ['Fingerprint', fingerprint.hash],
    ])}
    <div class="scroll">
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">Split</th>
            <th scope="col">Images</th>
            <th scope="col">Identities</th>
            <th scope="col">Cameras</th>
          </tr>
        </thead>
        <tbody>
          ${Object.entries(fingerprint.splits).map(
            ([name, split]) =>
              html`<tr>
                <th scope="row">${name}</th>
                <td>${count(split.records)}</td>
                <td>${count(split.identities)}</td>
                <td>${count(split.cameras)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${
      rules.length > 0 &&
      html`<p class="note">Left out: ${rules.map(([rule, files]) => `${plural(files, 'file', 'files')} (${rule})`).join(', ')}.</p>`
    }
    ${
      notes.length > 0 &&
      html`<ul class="notes">
        ${notes.map((note) => html`<li>${note}</li>`)}
      </ul>`
    }
  </section>`;
}

/** The resolved recipe, folded. */
export function recipeSection(recipe: unknown): Html {
  return html`<section id="recipe">
    <h2>Recipe</h2>
    <details>
      <summary>The resolved recipe: every option, defaults filled in</summary>
      <pre>${JSON.stringify(recipe, null, 2) ?? ''}</pre>
    </details>
  </section>`;
}

/** Versions, backend, seed and times. */
export function environmentSection({ versions, backend, seed, seconds, facts: others = {} }: ReportEnvironment): Html {
  const total = Object.values(seconds).reduce((sum, value) => sum + value, 0);
  const times = Object.entries(seconds).map(([phase, value]) => [phase, duration(value)] as const);
  return html`<section id="environment">
    <h2>Made with</h2>
    <div class="columns">
      <div>
        <h3>Run</h3>
        ${facts([
          ['Backend', backend],
          ['Seed', String(seed)],
          ...Object.entries(others).map(([name, value]) => [name, String(value)] as const),
        ])}
      </div>
      <div>
        <h3>Times</h3>
        ${times.length > 0 ? facts([...times, ['all', duration(total)]]) : html`<p class="empty">No times were recorded.</p>`}
      </div>
      <div>
        <h3>Versions</h3>
        ${facts(Object.entries(versions))}
      </div>
    </div>
  </section>`;
}
