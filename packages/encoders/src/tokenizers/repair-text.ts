/** Bytes 0x80 to 0x9F of Windows-1252, the five that it leaves open as they are. */
const UPPER = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';
const byteOf = new Map(Array.from(UPPER, (character, at) => [character, 0x80 + at]));
for (let byte = 0x80; byte < 0x100; byte++) byteOf.set(String.fromCharCode(byte), byte);

/** Characters of a range of Windows-1252's bytes, read as Latin-1 too, for a class of a regular expression. */
const range = (from: number, to: number): string =>
  [...byteOf]
    .flatMap(([character, byte]) => (byte >= from && byte <= to ? [`\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`] : []))
    .join('');

const NEXT = `[${range(0x80, 0xbf)}]`;
/** UTF-8 that was read as Windows-1252, in the forms that mean nothing else; leads of foreign alphabets only where several stand in a row. */
const MOJIBAKE = new RegExp(
  `[${range(0xc2, 0xc3)}]${NEXT}|${range(0xe2, 0xe2)}[${range(0x80, 0x9f)}]${NEXT}|${range(0xf0, 0xf0)}${range(0x9f, 0x9f).replace(/^(.+)$/, '[$1]')}${NEXT}{2}|(?:[${range(0xc4, 0xdf)}]${NEXT}){2,}`,
  'g',
);

const utf8 = new TextDecoder('utf-8', { fatal: true });

function readAsUtf8(characters: string): string {
  try {
    return utf8.decode(Uint8Array.from(characters, (character) => byteOf.get(character)!));
  } catch {
    return characters;
  }
}

/** Text that was saved as UTF-8 and read as Windows-1252, once or several times, as it was meant. */
function withoutMojibake(text: string): string {
  const once = text.replaceAll(MOJIBAKE, readAsUtf8);
  return once === text ? text : withoutMojibake(once);
}

/* eslint-disable no-control-regex -- control characters are what is removed here */
const ESCAPES = /\u001b\[[\d;]*[a-zA-Z]/g;
const CONTROLS = /[\u0000-\u0008\u000b\u000e-\u001f\u007f\u206a-\u206f\ufeff\ufff9-\ufffc]/g;
/* eslint-enable no-control-regex */
const C1 = /[\u0080-\u009f]/g;
const LIGATURES = /[\u0132\u0133\u0149\u01c4-\u01cc\u01f1-\u01f3\ufb00-\ufb06]/g;
const WIDE = /[\u3000\uff01-\uffef]/g;

const compatible = (character: string): string => character.normalize('NFKC');

/**
 * Undoes what happens to texts on their way through programs, by the rules that CLIP's texts were prepared with (those of ftfy): UTF-8 read as
 * Windows-1252, ligatures, full-width letters, curly quotes, escape sequences and control characters; accents are composed. Of mixed-up
 * encodings only Windows-1252 is recognised, and only where nothing else can be meant.
 */
export function repairText(text: string): string {
  return withoutMojibake(text)
    .replaceAll(C1, (character) => UPPER[character.charCodeAt(0) - 0x80]!)
    .replaceAll(LIGATURES, compatible)
    .replaceAll(WIDE, compatible)
    .replaceAll(/[\u02bc\u2018-\u201b]/g, "'")
    .replaceAll(/[\u201c-\u201f]/g, '"')
    .replaceAll(/\r\n|[\r\u2028\u2029\u0085]/g, '\n')
    .replaceAll(ESCAPES, '')
    .replaceAll(CONTROLS, '')
    .normalize('NFC');
}
