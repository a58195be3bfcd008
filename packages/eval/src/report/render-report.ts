import { curvesSection } from './curves-section.ts';
import { html, trusted } from './html.ts';
import { metricsSection, summarySection } from './metrics-section.ts';
import { datasetSection, environmentSection, recipeSection } from './origin-sections.ts';
import { PAGE_STYLE } from './page-style.ts';
import { rankedSection } from './ranked-section.ts';
import type { ReportData } from './report-data.ts';
import { Thumbnails } from './thumbnail.ts';

/** Nothing may be loaded and no script runs, whatever a file is called. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/**
 * A report as one HTML page that needs nothing else: styles, charts and pictures are inside, nothing is fetched, no script runs. Opens from
 * disk, at phone and desktop width, in light and dark.
 */
export async function renderReport(data: ReportData): Promise<string> {
  const { title, date, evaluation, training, rankedLists, dataset, recipe, environment } = data;
  const curves = await curvesSection(evaluation, training);
  const ranked = rankedLists ? await rankedSection(rankedLists, new Thumbnails()) : null;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <title>${title}</title>
        <style>
          ${trusted(PAGE_STYLE)}
        </style>
      </head>
      <body>
        <main>
          <header>
            <h1>${title}</h1>
            <p class="byline">
              ${[date, dataset.fingerprint.dataset, evaluation.protocol, environment.backend].filter(Boolean).join(' · ')}
            </p>
            <nav aria-label="Sections">
              <a href="#metrics">Metrics</a><a href="#curves">Curves</a>${ranked && html`<a href="#ranked">Ranked lists</a>`}<a
                href="#dataset"
                >Data set</a
              >${recipe !== undefined && html`<a href="#recipe">Recipe</a>`}<a href="#environment">Made with</a>
            </nav>
          </header>
          ${summarySection(evaluation)} ${metricsSection(evaluation)} ${curves} ${ranked} ${datasetSection(dataset)}
          ${recipe !== undefined && recipeSection(recipe)} ${environmentSection(environment)}
        </main>
      </body>
    </html>`;
  return `${page.markup}\n`;
}
