/**
 * A caption as ALBEF and IRM prepare it for WordPiece: small letters, punctuation left out, hyphens and slashes as blanks, at most `words`
 * words.
 *
 * @example
 * ```ts
 * import { cleanCaption } from '@reidkit/encoders';
 * console.assert(cleanCaption('A man, wearing a red T-shirt.') === 'a man wearing a red t shirt');
 * ```
 * @see Li et al., "Align before Fuse" (2021), whose released code does this.
 */
export function cleanCaption(caption: string, { words = 50 }: { readonly words?: number } = {}): string {
  const plain = caption
    .toLowerCase()
    .replaceAll(/[,.'!?"()*#:;~]/g, '')
    .replaceAll(/[-/]/g, ' ')
    .replaceAll('<person>', 'person');
  const trimmed = plain
    .replaceAll(/\s{2,}/g, ' ')
    .replace(/\n+$/, '')
    .replace(/^ +| +$/g, '');
  return trimmed.split(' ').slice(0, words).join(' ');
}
