import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const GOLDENS = fileURLToPath(new URL('../../../../goldens/datasets/', import.meta.url));

/** A folder for data sets that a test makes or unpacks. */
export class TestFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'reidkit-sets-'));

  /** The absolute path of something in it. */
  at(...steps: string[]): string {
    return join(this.path, ...steps);
  }

  /** Writes files; the text is their content. */
  write(files: Readonly<Record<string, string | Uint8Array>>): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(this.at(name)), { recursive: true });
      writeFileSync(this.at(name), content);
    }
  }

  /** Unpacks a miniature data set of the goldens into a folder of its name. */
  unpack(name: string): string {
    mkdirSync(this.at(name), { recursive: true });
    execFileSync('tar', ['xf', join(GOLDENS, `${name}.tar`), '-C', this.at(name)]);
    return this.at(name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
