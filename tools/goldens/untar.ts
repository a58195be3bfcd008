import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const BLOCK = 512;
const FILE = ['0', '\0'];
const LINK = '2';
const FOLDER = '5';
const PAX = 'x';

/** Records of an extended header: `length key=value` each, with the length of the record in bytes. */
function paxFields(bytes: Buffer): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let at = 0; at < bytes.length;) {
    const length = Number(bytes.toString('latin1', at, bytes.indexOf(0x20, at)));
    if (!(length > 0)) break;
    const record = bytes.toString('utf8', bytes.indexOf(0x20, at) + 1, at + length - 1);
    const equals = record.indexOf('=');
    fields[record.slice(0, equals)] = record.slice(equals + 1);
    at += length;
  }
  return fields;
}

function textAt(header: Buffer, start: number, length: number): string {
  return header.toString('utf8', start, start + length).replace(/\0.*$/s, '');
}

function nameOf(header: Buffer, pax: Record<string, string>): string {
  const prefix = textAt(header, 345, 155);
  const short = textAt(header, 0, 100);
  const name = pax.path ?? (prefix === '' ? short : `${prefix}/${short}`);
  if (name.startsWith('/') || name.split('/').includes('..')) throw new Error(`the archive has a file outside of itself: ${name}`);
  return name;
}

/** Unpacks a .tar of files, folders and symbolic links, which is all that the miniature data sets are made of. */
export function untar(archive: string, folder: string): void {
  const bytes = readFileSync(archive);
  let pax: Record<string, string> = {};
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0;) {
    const header = bytes.subarray(at, at + BLOCK);
    const size = parseInt(pax.size ?? textAt(header, 124, 12), pax.size ? 10 : 8) || 0;
    const content = bytes.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK * (1 + Math.ceil(size / BLOCK));
    const type = String.fromCharCode(header[156]!);
    if (type === PAX) {
      pax = paxFields(content);
      continue;
    }
    const path = join(folder, nameOf(header, pax));
    mkdirSync(type === FOLDER ? path : dirname(path), { recursive: true });
    if (FILE.includes(type)) writeFileSync(path, content);
    if (type === LINK) symlinkSync(pax.linkpath ?? textAt(header, 157, 100), path);
    pax = {};
  }
}
