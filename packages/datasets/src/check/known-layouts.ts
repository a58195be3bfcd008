import { join } from 'node:path';
import { needsOf, type CropLayout } from '../readers/crop-layout.ts';
import type { RootSearch } from '../readers/data-root.ts';
import { FindingList } from '../readers/finding-list.ts';
import { listFolders, listImages } from '../readers/list-images.ts';
import { CUHK02 } from '../readers/sets/cuhk02.ts';
import { CUHK03_SEARCH } from '../readers/sets/cuhk03.ts';
import { CAPTION_SETS } from '../readers/sets/caption-sets.ts';
import { COCAS_PLUS_SEARCH } from '../readers/sets/cocas-plus.ts';
import { CUHK_SYSU_SEARCH } from '../readers/sets/cuhk-sysu.ts';
import { CUHK_SYSU_CROPS } from '../readers/sets/cuhk-sysu-crops.ts';
import { cuhk03NpLayout } from '../readers/sets/cuhk03-np.ts';
import { GRID } from '../readers/sets/grid.ts';
import { ILIDS } from '../readers/sets/ilids.ts';
import { LAST } from '../readers/sets/last.ts';
import { llcmLayout } from '../readers/sets/llcm.ts';
import { LTCC } from '../readers/sets/ltcc.ts';
import { MARS_SEARCH } from '../readers/sets/mars.ts';
import { MSMT17_SEARCH } from '../readers/sets/msmt17.ts';
import { OCCLUDED_REID } from '../readers/sets/occluded-reid.ts';
import { P_DUKEMTMC } from '../readers/sets/p-dukemtmc.ts';
import { P_ETHZ } from '../readers/sets/p-ethz.ts';
import { PARTIAL_ILIDS } from '../readers/sets/partial-ilids.ts';
import { PARTIAL_REID } from '../readers/sets/partial-reid.ts';
import { PRW_SEARCH } from '../readers/sets/prw.ts';
import { prccLayout } from '../readers/sets/prcc.ts';
import { PRID } from '../readers/sets/prid.ts';
import { regdbLayout } from '../readers/sets/regdb.ts';
import { sysuLayout } from '../readers/sets/sysu-mm01.ts';
import { vcClothesLayout } from '../readers/sets/vc-clothes.ts';
import { VIPER } from '../readers/sets/viper.ts';

/** A published layout, and how its folder is told from others. */
export interface KnownLayout {
  /** Id of the component that reads it. */
  readonly use: string;
  readonly search: RootSearch;
  /** Options beside the root. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Looks inside a folder that has all that is needed. */
  readonly fits?: (root: string) => Promise<boolean>;
}

/** The first image names of a folder or of the first folder in it. */
async function someNames(root: string, folder: string): Promise<string[]> {
  const direct = await listImages(root, folder, new FindingList());
  if (direct.images.length > 0) return direct.images.slice(0, 20).map((file) => file.slice(folder.length + 1));
  const [first] = await listFolders(join(root, folder));
  if (first === undefined) return [];
  const { images } = await listImages(root, `${folder}/${first}`, new FindingList());
  return images.slice(0, 20).map((file) => file.slice(folder.length + 1));
}

/** Whether most of a folder's names follow a pattern. */
const named =
  (folder: string, pattern: RegExp) =>
  async (root: string): Promise<boolean> => {
    const names = await someNames(root, folder);
    return names.length > 0 && names.filter((name) => pattern.test(name)).length * 2 > names.length;
  };

const layoutOf = (layout: CropLayout, fits?: KnownLayout['fits'], options?: KnownLayout['options']): KnownLayout => ({
  use: `dataset/${layout.name}`,
  search: { title: layout.title, folders: layout.folders, needs: needsOf(layout) },
  ...(fits ? { fits } : {}),
  ...(options ? { options } : {}),
});

/** Layouts with folders of their own, the more particular ones first. */
export const KNOWN_LAYOUTS: readonly KnownLayout[] = [
  { use: 'dataset/msmt17', search: MSMT17_SEARCH },
  { use: 'dataset/cuhk03', search: CUHK03_SEARCH },
  { use: 'dataset/mars', search: MARS_SEARCH },
  { use: 'dataset/prw', search: PRW_SEARCH },
  { use: 'dataset/cuhk-sysu', search: CUHK_SYSU_SEARCH },
  ...Object.values(CAPTION_SETS).map(({ name, search }) => ({ use: `dataset/${name}`, search })),
  { use: 'dataset/cocas-plus', search: COCAS_PLUS_SEARCH },
  layoutOf(CUHK_SYSU_CROPS, named('cropped_images', CUHK_SYSU_CROPS.pattern)),
  layoutOf(llcmLayout({ query: 'infrared', trial: 'all' })),
  layoutOf(sysuLayout({ search: 'all', trial: 'all' })),
  layoutOf(regdbLayout({ trial: 1, query: 'visible' })),
  layoutOf(cuhk03NpLayout('detected')),
  layoutOf(cuhk03NpLayout('labeled'), undefined, { form: 'labeled' }),
  layoutOf(prccLayout({ query: 'changed', gallery: 'all' })),
  layoutOf(P_DUKEMTMC),
  layoutOf(LAST),
  layoutOf(CUHK02),
  layoutOf(PRID),
  layoutOf(VIPER),
  layoutOf(GRID),
  layoutOf(ILIDS, named('Persons', ILIDS.pattern)),
  layoutOf(LTCC, named('query', LTCC.pattern)),
  layoutOf(vcClothesLayout('all'), named('train', vcClothesLayout('all').pattern)),
  layoutOf(OCCLUDED_REID[0]!, named('whole_body_images', /\.tiff?$/i)),
  layoutOf(P_ETHZ, named('whole_body_images', P_ETHZ.pattern)),
  layoutOf(PARTIAL_REID, named('partial_body_images', PARTIAL_REID.pattern)),
  layoutOf(PARTIAL_ILIDS[0]!, named('partial_body_images', /^\d+\.\w+$/)),
  layoutOf(PARTIAL_ILIDS[1]!, named('query', /^\d+_1\.\w+$/)),
  layoutOf(OCCLUDED_REID[1]!, named('query', /^\d+_\d{2,}\.\w+$/)),
];
