/** A piece of a page whose text is escaped already. */
export interface Html {
  readonly markup: string;
}

/** What may stand in a template: text (escaped), numbers, pieces, lists of pieces; null and false vanish. */
export type HtmlValue = string | number | Html | readonly HtmlValue[] | null | undefined | false;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text for element content and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** Markup that is known to be good, such as a chart. */
export const trusted = (markup: string): Html => ({ markup });

function write(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return '';
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  if ('markup' in value) return value.markup;
  return value.map(write).join('');
}

/** A template whose values are escaped unless they are pieces themselves, so that no name of a file can break a page. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return { markup: strings.map((text, i) => text + (i < values.length ? write(values[i]) : '')).join('') };
}
