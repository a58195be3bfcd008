import { ReidError, type Finding } from '@reidkit/core-tensor/base';

/** DATASET_INVALID with what was found, for reports as well as for people. */
export class DatasetError extends ReidError {
  readonly findings: readonly Finding[];

  constructor(headline: string, findings: readonly Finding[], hint?: string) {
    const lines = findings.filter(({ severity }) => severity === 'error').map(({ message }) => `  - ${message}`);
    super('DATASET_INVALID', [headline, ...lines].join('\n'), hint === undefined ? {} : { hint });
    this.findings = findings;
  }
}

/** The findings that an error of a reader carries; undefined for other errors. Works across two copies of this package. */
export function findingsOf(error: unknown): readonly Finding[] | undefined {
  return ReidError.is(error) && 'findings' in error ? (error.findings as readonly Finding[]) : undefined;
}
