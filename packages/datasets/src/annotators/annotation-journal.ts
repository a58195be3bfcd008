import { createWriteStream, existsSync, type WriteStream } from 'node:fs';
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ReidError, writeFileAtomically } from '@reidkit/core-tensor/base';
import { readSidecar, sidecarKey } from '../sidecars/read-sidecar.ts';
import type { SidecarEntry, SidecarHeader } from '../sidecars/sidecar-line.ts';

const sameHeader = (a: SidecarHeader | null, b: SidecarHeader): boolean =>
  a !== null && (['producer', 'model', 'prompt'] as const).every((key) => a[key] === b[key]);

/**
 * A sidecar that is being made: finished lines are in a journal beside it, which survives the end of the process at any moment; the sidecar itself
 * appears when all is done.
 */
export class AnnotationJournal {
  readonly path: string;
  readonly #journal: string;
  readonly #header: SidecarHeader;
  readonly #done: Map<string, SidecarEntry>;
  readonly #stream: WriteStream;

  private constructor(path: string, header: SidecarHeader, done: Map<string, SidecarEntry>, stream: WriteStream) {
    this.path = path;
    this.#journal = journalOf(path);
    this.#header = header;
    this.#done = done;
    this.#stream = stream;
  }

  /** Opens the sidecar at a path and what was done before. Rejects with FILE_EXISTS when another producer, model or prompt began it. */
  static async open(path: string, header: SidecarHeader): Promise<AnnotationJournal> {
    const done = new Map<string, SidecarEntry>();
    for (const file of [path, journalOf(path)].filter(existsSync)) {
      if (file !== path) await cutLastLine(file);
      const sidecar = await readSidecar(file, { needsHeader: false });
      if (sidecar.header === null && sidecar.entries.size === 0) continue;
      if (!sameHeader(sidecar.header, header)) throw foreign(file, sidecar.header, header);
      for (const [key, entry] of sidecar.entries) done.set(key, entry);
    }
    await mkdir(dirname(path), { recursive: true });
    const journal = journalOf(path);
    if (!existsSync(journal) || (await readFile(journal, 'utf8')) === '') await writeFile(journal, `${JSON.stringify(header)}\n`);
    return new AnnotationJournal(path, header, done, createWriteStream(journal, { flags: 'a' }));
  }

  /** Whether there is an entry under a key. */
  has(key: string): boolean {
    return this.#done.has(key);
  }

  /** Writes an entry; resolves when the operating system has it. */
  async add(entry: SidecarEntry): Promise<void> {
    this.#done.set(sidecarKey(entry), entry);
    await new Promise<void>((resolve, reject) =>
      this.#stream.write(`${JSON.stringify(entry)}\n`, (error) => (error ? reject(error) : resolve())),
    );
  }

  /** Closes the journal and leaves it for another time. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#stream.end(() => resolve()));
  }

  /** Makes the sidecar of all entries, those with the given keys first and in their order. */
  async finish(order: readonly string[]): Promise<void> {
    await this.close();
    const ordered = [...new Set([...order, ...this.#done.keys()])].flatMap((key) => this.#done.get(key) ?? []);
    const text = [this.#header, ...ordered].map((line) => `${JSON.stringify(line)}\n`).join('');
    await writeFileAtomically(this.path, text);
    await rm(this.#journal, { force: true });
  }
}

const journalOf = (path: string): string => `${path}.journal`;

/** A process that was ended while it wrote leaves half a line. */
async function cutLastLine(file: string): Promise<void> {
  const bytes = await readFile(file);
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (end < bytes.length) await truncate(file, end);
}

function foreign(file: string, theirs: SidecarHeader | null, mine: SidecarHeader): ReidError {
  const said = (header: SidecarHeader | null): string =>
    [header?.producer ?? 'an unknown producer', header?.model, header?.prompt && `prompt ${header.prompt}`].filter(Boolean).join(', ');
  return new ReidError('FILE_EXISTS', `${file} was made by ${said(theirs)}; this is ${said(mine)}.`, {
    hint: 'give another --out, or remove that file.',
  });
}
