import type { Entry, RandomAccessReader, ZipFile } from 'yauzl';
import type { FileReader } from '../file-reader.ts';
import { refuseCheckpoint } from '../refuse-checkpoint.ts';

/** An open zip archive. */
export interface ZipArchive {
  /** Bytes of each entry, unpacked, by name. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Some bytes of an entry, unpacked; the whole entry is compared with its checksum once. Throws FILE_INVALID for damaged data. */
  read(name: string, begin?: number, length?: number): Promise<Uint8Array>;
}

const MAX_ENTRIES = 200_000;
const STORED = 0;
const DEFLATED = 8;
/** Deflate makes nothing smaller than by this factor. */
const MAX_DEFLATION = 1032;
const CHUNK = 4 * 2 ** 20;

/** What yauzl reads from, bounded by the file's size. */
function accessTo(file: FileReader, Base: typeof RandomAccessReader): RandomAccessReader {
  class Access extends Base {
    override read(buffer: Buffer, offset: number, length: number, position: number, callback: (error: Error | null) => void): void {
      if (!(position >= 0 && position + length <= file.size)) {
        callback(new Error(`byte ${position + length} lies behind the end, ${file.size}`));
        return;
      }
      file.readInto(buffer.subarray(offset, offset + length), position).then(() => callback(null), callback);
    }
  }
  return new Access();
}

/** What is wrong with an entry's sizes, before anything of it is read. Throws FILE_INVALID. */
function checkEntry({ fileName, compressionMethod, compressedSize, uncompressedSize }: Entry, { size, path }: FileReader): void {
  const where = `its entry "${fileName}"`;
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED) {
    refuseCheckpoint(path, 'bad-zip', `${where} is packed by method ${compressionMethod}; only stored and deflated entries are read`);
  }
  const most = compressionMethod === STORED ? compressedSize : compressedSize * MAX_DEFLATION;
  if (compressedSize > size || uncompressedSize > most || (compressionMethod === STORED && uncompressedSize !== compressedSize)) {
    refuseCheckpoint(
      path,
      'entry-size',
      `${where} is said to have ${uncompressedSize} bytes, which ${compressedSize} packed ones cannot hold`,
    );
  }
}

async function listEntries(zip: ZipFile, file: FileReader): Promise<Map<string, Entry>> {
  if (zip.entryCount > MAX_ENTRIES) refuseCheckpoint(file.path, 'limit', `it has ${zip.entryCount} entries, the limit is ${MAX_ENTRIES}`);
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) {
    checkEntry(entry, file);
    if (entries.has(entry.fileName)) refuseCheckpoint(file.path, 'bad-zip', `it has two entries "${entry.fileName}"`);
    entries.set(entry.fileName, entry);
  }
  return entries;
}

/** What yauzl says, as one of our errors. */
function refuseZip(path: string, error: unknown): never {
  if (!(error instanceof Error) || error.name === 'ReidError') throw error;
  const isCut = error.message.startsWith('End of central directory record signature not found');
  refuseCheckpoint(path, isCut ? 'truncated' : 'bad-zip', isCut ? 'its table of contents, at the end, is missing' : error.message, error);
}

async function inflate(bytes: Uint8Array, size: number, where: string, path: string): Promise<Uint8Array> {
  const [{ inflateRaw }, { promisify }] = await Promise.all([import('node:zlib'), import('node:util')]);
  const whole = await promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflateRaw)(bytes, { maxOutputLength: size + 1 }).catch(
    (error: NodeJS.ErrnoException) =>
      error.code === 'ERR_BUFFER_TOO_LARGE'
        ? refuseCheckpoint(path, 'entry-size', `${where} unpacks to more than the ${size} bytes it is said to have`)
        : refuseCheckpoint(path, 'bad-zip', `${where} cannot be unpacked (${error.message})`, error),
  );
  if (whole.byteLength !== size) {
    refuseCheckpoint(path, 'entry-size', `${where} unpacks to ${whole.byteLength} bytes instead of the ${size} it is said to have`);
  }
  return whole;
}

/** Reads entries of one archive; knows which of them agree with their checksums. */
class EntryReader {
  readonly #zip: ZipFile;
  readonly #file: FileReader;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #checked = new Set<string>();
  readonly #checksums: boolean;

  constructor(zip: ZipFile, file: FileReader, entries: ReadonlyMap<string, Entry>, checksums: boolean) {
    this.#zip = zip;
    this.#file = file;
    this.#entries = entries;
    this.#checksums = checksums;
  }

  async read(name: string, begin: number, length: number): Promise<Uint8Array> {
    const entry = this.#entries.get(name);
    if (!entry) refuseCheckpoint(this.#file.path, 'missing-entry', `it has no entry "${name}"`);
    const { fileDataStart } = await this.#zip
      .readLocalFileHeaderPromise(entry, { minimal: true })
      .catch((error: unknown) => refuseZip(this.#file.path, error));
    if (entry.compressionMethod === STORED) return this.#stored(entry, fileDataStart, begin, length);
    const packed = await this.#file.read(fileDataStart, entry.compressedSize);
    const whole = await inflate(packed, entry.uncompressedSize, `its entry "${name}"`, this.#file.path);
    await this.#check(entry, [whole]);
    return whole.subarray(begin, begin + length);
  }

  async #stored(entry: Entry, start: number, begin: number, length: number): Promise<Uint8Array> {
    if (begin === 0 && length === entry.uncompressedSize) {
      const whole = await this.#file.read(start, length);
      await this.#check(entry, [whole]);
      return whole;
    }
    await this.#check(entry, this.#chunks(start, entry.uncompressedSize));
    return this.#file.read(start + begin, length);
  }

  async *#chunks(start: number, size: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < size; at += CHUNK) yield await this.#file.read(start + at, Math.min(CHUNK, size - at));
  }

  /** Compares an entry with its checksum, once; a checksum of 0 is one that PyTorch was told to leave out. */
  async #check(entry: Entry, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
    if (!this.#checksums || entry.crc32 === 0 || this.#checked.has(entry.fileName)) return;
    const { crc32 } = await import('node:zlib');
    let sum = 0;
    for await (const chunk of chunks) sum = crc32(chunk, sum);
    if (sum !== entry.crc32)
      refuseCheckpoint(this.#file.path, 'checksum', `the data of its entry "${entry.fileName}" do not agree with their checksum`);
    this.#checked.add(entry.fileName);
  }
}

/** Opens a zip archive and checks its table of contents. Throws FILE_INVALID. */
export async function openZip(file: FileReader, checksums: boolean): Promise<ZipArchive> {
  const { default: yauzl } = await import('yauzl');
  const options = { autoClose: false, validateEntrySizes: false };
  try {
    const zip = await yauzl.fromRandomAccessReaderPromise(accessTo(file, yauzl.RandomAccessReader), file.size, options);
    const entries = await listEntries(zip, file);
    const reader = new EntryReader(zip, file, entries, checksums);
    const sizes = new Map([...entries].map(([name, { uncompressedSize }]) => [name, uncompressedSize]));
    return { sizes, read: (name, begin = 0, length = (sizes.get(name) ?? 0) - begin) => reader.read(name, begin, length) };
  } catch (error) {
    return refuseZip(file.path, error);
  }
}
