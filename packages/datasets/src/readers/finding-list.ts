import type { Finding } from '@reidkit/core-tensor/base';

const MOST_FILES = 100;

/** Gathers findings while a data set is read: files under one rule become one finding. */
export class FindingList {
  readonly #findings: Finding[] = [];
  readonly #files = new Map<string, string[]>();

  /** Something that is said once. */
  add(finding: Finding): void {
    this.#findings.push(finding);
  }

  /** One more file under a rule; `all` turns their number into the finding. */
  addFile(rule: string, file: string): void {
    const files = this.#files.get(rule) ?? [];
    files.push(file);
    this.#files.set(rule, files);
  }

  /** Says what the files under a rule mean, if there are any. What follows a blank in a rule only keeps files apart. */
  explain(rule: string, severity: Finding['severity'], message: (files: readonly string[]) => string): void {
    const files = this.#files.get(rule);
    if (!files) return;
    this.#findings.push({
      rule: rule.split(' ', 1)[0]!,
      severity,
      message: message(files),
      count: files.length,
      files: files.slice(0, MOST_FILES),
    });
    this.#files.delete(rule);
  }

  get all(): readonly Finding[] {
    return this.#findings;
  }

  get hasErrors(): boolean {
    return this.#findings.some(({ severity }) => severity === 'error');
  }
}

/** A number with its noun: `1 image`, `3 images`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Up to three names and how many more there are. */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
