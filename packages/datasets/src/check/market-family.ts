import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { needsOf, type CropLayout } from '../readers/crop-layout.ts';
import { bestRoot } from '../readers/data-root.ts';
import { FindingList } from '../readers/finding-list.ts';
import { listImages } from '../readers/list-images.ts';
import { DUKEMTMC_REID, MARKET_1501, MARKET_STYLE, MSMT17_MARKET, OCCLUDED_DUKE, SYNTHETIC } from '../readers/sets/market-layouts.ts';
import { SYNTHETIC_MANIFEST } from '../synthetic/synthesize.ts';
import type { KnownLayout } from './known-layouts.ts';
import type { Recognition, Recognizer } from './recognize.ts';

const FAMILY = [MARKET_1501, DUKEMTMC_REID, OCCLUDED_DUKE, MSMT17_MARKET];

/** Market-1501's folders, under any name that one of the family is known by. */
export const MARKET: KnownLayout = {
  use: `dataset/${MARKET_1501.name}`,
  search: { title: MARKET_1501.title, folders: [...new Set(FAMILY.flatMap(({ folders }) => folders))], needs: needsOf(MARKET_1501) },
};

interface Told {
  readonly layout: CropLayout;
  readonly reason: string;
}

type NameFacts = { readonly identity: number; readonly camera: number; readonly isDuke: boolean };

/** What the names of the queries say; a stray file does not make it another data set. */
async function queryNames(root: string): Promise<NameFacts[]> {
  const { images } = await listImages(root, 'query', new FindingList());
  return images.flatMap((file) => {
    const name = file.slice(file.lastIndexOf('/') + 1);
    const groups = MARKET_STYLE.pattern.exec(name)?.groups;
    if (!groups) return [];
    return [{ identity: Number(groups.identity), camera: Number(groups.camera), isDuke: /^\d+_c\d_f\d+\./.test(name) }];
  });
}

const OCCLUDED_QUERIES = 2210;

/** Occluded-Duke has the names of DukeMTMC-reID: the name of its own folder tells, or the number of its queries. */
function dukeOf(root: string, queries: number): Told {
  const isOccluded = /occ/i.test(basename(root)) || queries === OCCLUDED_QUERIES;
  return { layout: isOccluded ? OCCLUDED_DUKE : DUKEMTMC_REID, reason: `names of DukeMTMC-reID, ${queries} queries` };
}

async function tell(root: string): Promise<Told> {
  if (existsSync(join(root, SYNTHETIC_MANIFEST))) return { layout: SYNTHETIC, reason: `Market-1501's folders and ${SYNTHETIC_MANIFEST}` };
  const names = await queryNames(root);
  if (names.length > 0 && names.every(({ isDuke }) => isDuke)) return dukeOf(root, names.length);
  if (/msmt17/i.test(basename(root))) return { layout: MSMT17_MARKET, reason: 'Market-1501’s folders below a folder named after MSMT17' };
  if (names.every(({ identity, camera }) => identity <= MARKET_1501.lastIdentity! && camera <= MARKET_1501.cameras!)) {
    return { layout: MARKET_1501, reason: 'Market-1501’s folders with identities up to 1501 and cameras 1 to 6' };
  }
  return { layout: MARKET_STYLE, reason: 'Market-1501’s folders, but other identities or cameras than Market-1501' };
}

/** Data sets in Market-1501's folders. */
export const marketFamily: Recognizer = async (folder): Promise<Recognition | null> => {
  const best = await bestRoot(MARKET.search, folder);
  if (!best || best.present.length < MARKET.search.needs.length) return null;
  const { layout, reason } = await tell(best.path);
  // A folder that only another of the family is known by is given itself, so that the reader finds it.
  const isKnown = best.below.every((name) => layout.folders.includes(name));
  return { node: { use: `dataset/${layout.name}`, options: { root: isKnown ? folder : best.path } }, reason: `${reason} in ${best.path}` };
};
