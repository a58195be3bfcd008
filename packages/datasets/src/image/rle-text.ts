import { ReidError } from '@reidkit/core-tensor/base';
import { checkedRle, type RleMask } from './rle.ts';

const FIRST = 48; // "0"
const BITS = 5;
const MORE = 32;
const SIGN = 16;
const MOST_GROUPS = 8;

/**
 * Runs as COCO's text: from the fourth on each run is the difference to the one two before it, in groups of five bits, the lowest first, a sixth
 * bit says that more follow, and each group is a character from "0" on.
 */
export function rleText({ runs }: RleMask): string {
  const codes: number[] = [];
  runs.forEach((run, k) => {
    let value = k > 2 ? run - runs[k - 2]! : run;
    for (let more = true; more;) {
      const group = value & (MORE - 1);
      value >>= BITS;
      more = (group & SIGN) === 0 ? value !== 0 : value !== -1;
      codes.push(FIRST + group + (more ? MORE : 0));
    }
  });
  return Buffer.from(codes).toString('latin1');
}

function readGroup(text: string, at: number): number {
  const group = text.charCodeAt(at) - FIRST;
  if (group >= 0 && group < 2 * MORE) return group;
  throw new ReidError(
    'INVALID_ARGUMENT',
    `Character ${at + 1} of a mask’s counts is ${JSON.stringify(text.charAt(at))}, which they cannot have.`,
  );
}

function readNumber(text: string, from: number): { value: number; next: number } {
  let value = 0;
  for (let at = from, groups = 0; at < text.length; at++, groups++) {
    if (groups === MOST_GROUPS) break;
    const group = readGroup(text, at);
    value += (group & (MORE - 1)) * 2 ** (BITS * groups);
    if ((group & MORE) === 0) return { value: (group & SIGN) === 0 ? value : value - 2 ** (BITS * (groups + 1)), next: at + 1 };
  }
  throw new ReidError('INVALID_ARGUMENT', `The number at character ${from + 1} of a mask’s counts does not end.`);
}

/** The mask behind COCO's text. Throws INVALID_ARGUMENT when it is no such text or does not fill the size. */
export function parseRleText(text: string, { height, width }: { readonly height: number; readonly width: number }): RleMask {
  const runs: number[] = [];
  for (let at = 0; at < text.length;) {
    const { value, next } = readNumber(text, at);
    runs.push(runs.length > 2 ? value + runs.at(-2)! : value);
    at = next;
  }
  return checkedRle({ height, width, runs });
}
