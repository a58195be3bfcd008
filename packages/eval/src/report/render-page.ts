import { html, trusted, type Html, type HtmlValue } from './html.ts';
import { PAGE_STYLE } from './page-style.ts';

/** Nothing may be loaded and no script runs, whatever a file is called. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** What stands on a page. */
export interface PageContent {
  readonly title: string;
  /** Facts below the title; those that are null, undefined or empty are left out. */
  readonly byline: readonly (string | null | undefined)[];
  /** Sections, in order; styles know `section`. */
  readonly body: HtmlValue;
  /** Links to the sections: id and name. */
  readonly sections?: readonly (readonly [id: string, name: string])[];
  /** Styles beside those of every page. */
  readonly style?: string;
}

const navigation = (sections: readonly (readonly [string, string])[]): Html =>
  html`<nav aria-label="Sections">${sections.map(([id, name]) => html`<a href="#${id}">${name}</a>`)}</nav>`;

/** One HTML page that needs nothing else: styles and pictures are inside, nothing is fetched, no script runs; light and dark, phone and desktop. */
export function renderPage({ title, byline, body, sections = [], style = '' }: PageContent): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <title>${title}</title>
        <style>
          ${trusted(PAGE_STYLE + style)}
        </style>
      </head>
      <body>
        <main>
          <header>
            <h1>${title}</h1>
            <p class="byline">${byline.filter(Boolean).join(' · ')}</p>
            ${sections.length > 0 && navigation(sections)}
          </header>
          ${body}
        </main>
      </body>
    </html>`;
  return `${page.markup}\n`;
}
