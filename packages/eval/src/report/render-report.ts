import { curvesSection } from './curves-section.ts';
import { mapsSection } from './maps-section.ts';
import { metricsSection, summarySection } from './metrics-section.ts';
import { datasetSection, environmentSection, recipeSection } from './origin-sections.ts';
import { rankedSection } from './ranked-section.ts';
import { REGION_STYLE, regionsSection } from './regions-section.ts';
import { renderPage } from './render-page.ts';
import type { ReportData } from './report-data.ts';
import { Thumbnails } from './thumbnail.ts';

/**
 * A report as one HTML page that needs nothing else: styles, charts and pictures are inside, nothing is fetched, no script runs. Opens from
 * disk, at phone and desktop width, in light and dark.
 */
export async function renderReport(data: ReportData): Promise<string> {
  const { title, date, evaluation, training, rankedLists, regions, maps = [], dataset, recipe, environment } = data;
  const thumbnails = new Thumbnails();
  const sections = [
    ['metrics', 'Metrics', metricsSection(evaluation)],
    ['curves', 'Curves', await curvesSection(evaluation, training)],
    ...(rankedLists ? [['ranked', 'Ranked lists', await rankedSection(rankedLists, thumbnails)] as const] : []),
    ...(regions ? [['regions', 'Regions', await regionsSection(regions, thumbnails)] as const] : []),
    ...(maps.length > 0 ? [['maps', 'Descriptors', await mapsSection(maps)] as const] : []),
    ['dataset', 'Data set', datasetSection(dataset)],
    ...(recipe === undefined ? [] : [['recipe', 'Recipe', recipeSection(recipe)] as const]),
    ['environment', 'Made with', environmentSection(environment)],
  ] as const;
  return renderPage({
    title,
    style: REGION_STYLE,
    byline: [date, dataset.fingerprint.dataset, evaluation.protocol, environment.backend],
    sections: sections.map(([id, name]) => [id, name]),
    body: [summarySection(evaluation), ...sections.map(([, , section]) => section)],
  });
}
