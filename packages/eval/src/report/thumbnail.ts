import type { ReportImage } from './report-data.ts';

/** Most pixels of a picture in a page. */
export const THUMBNAIL = { width: 96, height: 192 } as const;

/** Shrinks pictures to what a page needs and writes them as data URIs; each file is read once. */
export class Thumbnails {
  readonly #byFile = new Map<string, Promise<string | undefined>>();

  /** A data URI of at most 96 × 192 pixels; undefined when the picture cannot be read, so that one broken file costs no report. */
  of(image: ReportImage): Promise<string | undefined> {
    if ('bytes' in image) return shrink(image.bytes);
    let known = this.#byFile.get(image.file);
    if (!known) this.#byFile.set(image.file, (known = shrink(image.file)));
    return known;
  }
}

async function shrink(source: Uint8Array | string): Promise<string | undefined> {
  const { default: sharp } = await import('sharp');
  try {
    const small = sharp(source)
      .resize(THUMBNAIL.width, THUMBNAIL.height, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#808080' });
    const bytes = await small.jpeg({ quality: 82 }).toBuffer();
    return `data:image/jpeg;base64,${bytes.toString('base64')}`;
  } catch {
    return undefined;
  }
}
