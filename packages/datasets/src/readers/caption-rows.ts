import type { FindingList } from './finding-list.ts';
import { jsonKind, JsonProblems, readJsonAnnotation } from './caption-file.ts';
import { relativeFile } from './relative-file.ts';

/** One image of a data set of captions. */
export interface CaptionRow {
  readonly split: 'train' | 'val' | 'test';
  /** Relative to the folder of images. */
  readonly image: string;
  readonly identity: number;
  readonly captions: readonly string[];
}

const SPLITS = ['train', 'val', 'test'];

/** Checks one value after the other; every method gives undefined for a value that cannot be used, and says why. */
class RowCheck {
  readonly #row: Readonly<Record<string, unknown>>;
  readonly #at: string;
  readonly #problems: JsonProblems;

  constructor(row: Readonly<Record<string, unknown>>, at: string, problems: JsonProblems) {
    this.#row = row;
    this.#at = at;
    this.#problems = problems;
  }

  split(): CaptionRow['split'] | undefined {
    const { split } = this.#row;
    if (typeof split === 'string' && SPLITS.includes(split)) return split as CaptionRow['split'];
    this.#problems.say('unknown-split', `${this.#at}.split`, `expected train, val or test, got ${JSON.stringify(split)}`);
    return undefined;
  }

  identity(): number | undefined {
    const { id } = this.#row;
    if (Number.isSafeInteger(id)) return id as number;
    if (typeof id === 'string' && /^\d{1,9}$/.test(id)) {
      this.#problems.say(
        'bad-type',
        `${this.#at}.id`,
        `expected a number, got the text ${JSON.stringify(id)}, which is taken for ${Number(id)}`,
        'warning',
      );
      return Number(id);
    }
    this.#problems.say('bad-type', `${this.#at}.id`, `expected a whole number, got ${jsonKind(id)}`);
    return undefined;
  }

  image(key: string): string | undefined {
    const parsed = relativeFile.safeParse(this.#row[key]);
    if (parsed.success) return parsed.data;
    this.#problems.say('bad-type', `${this.#at}.${key}`, `expected a path below the folder of images, got ${jsonKind(this.#row[key])}`);
    return undefined;
  }

  captions(): string[] | undefined {
    const { captions } = this.#row;
    const at = `${this.#at}.captions`;
    if (captions === undefined || (Array.isArray(captions) && captions.length === 0)) {
      this.#problems.say('missing-caption', at, 'expected a list of captions, got none');
      return undefined;
    }
    if (!Array.isArray(captions)) {
      this.#problems.say('bad-type', at, `expected a list of captions, got ${jsonKind(captions)}`);
      return undefined;
    }
    const texts = captions.filter((caption, i): caption is string => {
      if (typeof caption === 'string') return true;
      this.#problems.say('bad-type', `${at}[${i}]`, `expected a text, got ${jsonKind(caption)}`);
      return false;
    });
    return texts;
  }
}

/** Rows of a JSON list of images with captions. What is wrong goes to the findings, place by place. */
export async function readCaptionRows(
  root: string,
  { file, imageKey }: { readonly file: string; readonly imageKey: string },
  findings: FindingList,
): Promise<CaptionRow[]> {
  const json = await readJsonAnnotation(root, file, findings);
  if (json === undefined) return [];
  const problems = new JsonProblems(file, findings);
  if (!Array.isArray(json)) problems.say('bad-type', 'its top', `expected a list, got ${jsonKind(json)}`);
  const rows = (Array.isArray(json) ? json : []).flatMap((row: unknown, i): CaptionRow[] => {
    if (jsonKind(row) !== 'object') {
      problems.say('bad-type', `[${i}]`, `expected an object, got ${jsonKind(row)}`);
      return [];
    }
    const check = new RowCheck(row as Record<string, unknown>, `[${i}]`, problems);
    const [split, image, identity, captions] = [check.split(), check.image(imageKey), check.identity(), check.captions()];
    return split !== undefined && image !== undefined && identity !== undefined && captions ? [{ split, image, identity, captions }] : [];
  });
  problems.finish();
  return rows;
}
