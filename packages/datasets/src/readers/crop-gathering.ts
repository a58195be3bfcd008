import type { CropRecord, Dataset, Exclusion } from '@reidkit/core-tensor/base';
import type { CropLayout, CropSource, PathGroups } from './crop-layout.ts';
import { DatasetError } from './dataset-error.ts';
import type { FindingList } from './finding-list.ts';
import { counted, someOf } from './finding-list.ts';
import { finishDataset } from './finish-dataset.ts';
import { naturalOrder } from './natural-order.ts';
import { joinSidecars, type SidecarJoin } from '../sidecars/join-sidecars.ts';

interface Named {
  readonly identity: number;
  /** From 1; null where nothing tells. */
  readonly camera: number | null;
  readonly outfit: string | undefined;
}

type Waiting = CropRecord & { readonly outfit?: string };

/** How gathered crops become a data set. */
export interface GatheringEnd {
  readonly sidecar?: SidecarJoin['mode'];
  /** Whether errors are only reported. */
  readonly goesOn?: boolean;
  /** Splits that may be empty. */
  readonly optional?: readonly string[];
}

/** Gathers the crops of a data set path by path, and what is odd about them. */
export class CropGathering {
  readonly root: string;
  readonly findings: FindingList;
  readonly excluded: Exclusion[] = [];
  readonly #layout: CropLayout;
  readonly #crops: Waiting[] = [];
  readonly #misnamed: string[] = [];
  /** What one source does not want another may take. */
  readonly #unwanted = new Set<string>();

  constructor(root: string, layout: CropLayout, findings: FindingList) {
    this.root = root;
    this.#layout = layout;
    this.findings = findings;
  }

  /** Takes the image at a path or leaves it out, with the rule. `identity` is for lists that say it themselves. */
  add(file: string, source: CropSource, identity?: number): void {
    const named = this.#parse(source.folder === '' ? file : file.slice(source.folder.length + 1), source, identity);
    if (named && named.identity >= 0 && this.#isKnownCamera(named) && !isWanted(named, source)) {
      this.#unwanted.add(file);
      return;
    }
    const rule = this.#ruleAgainst(file, named);
    if (rule !== null) this.excluded.push({ file, rule });
    else this.#crops.push(this.#cropOf(file, source, named!));
  }

  #parse(path: string, source: CropSource, identity?: number): Named | null {
    const groups = (source.pattern ?? this.#layout.pattern).exec(path)?.groups as PathGroups | undefined;
    if (!groups) return null;
    const camera = source.camera === undefined ? this.#cameraOf(groups) : source.camera + 1;
    const { outfitOf } = this.#layout;
    return {
      identity: identity ?? Number(groups.identity) + (source.identityOffset ?? 0),
      camera,
      outfit: outfitOf ? outfitOf(groups, camera === null ? null : camera - 1) : groups.clothes,
    };
  }

  #cameraOf({ camera }: PathGroups): number | null {
    if (camera === undefined) return null;
    const { cameraNames } = this.#layout;
    return cameraNames ? cameraNames.indexOf(camera) + 1 : Number(camera);
  }

  #isKnownCamera({ camera }: Named): boolean {
    return camera === null || (camera >= 1 && camera <= (this.#layout.cameras ?? Infinity));
  }

  /** The rule that leaves a file out, or null. Numbers out of range are errors: they mean another data set. */
  #ruleAgainst(file: string, named: Named | null): string | null {
    const { example, lastIdentity = Infinity, extension } = this.#layout;
    if (!named) {
      this.findings.addFile('name-mismatch', file);
      this.#misnamed.push(file);
      return `the name does not fit ${example}`;
    }
    if (named.identity < 0) return 'junk: identity -1';
    if (!this.#isKnownCamera(named)) this.findings.addFile('camera-range', file);
    if (named.identity > lastIdentity) this.findings.addFile('identity-range', file);
    if (extension && !file.endsWith(extension)) this.findings.addFile('unused-extension', file);
    return null;
  }

  #cropOf(file: string, { split, modality }: CropSource, named: Named): Waiting {
    return {
      form: 'crop',
      file,
      identity: named.identity,
      camera: named.camera === null ? null : named.camera - 1,
      split,
      ...(modality ? { modality } : {}),
      ...(named.outfit === undefined ? {} : { outfit: named.outfit }),
    };
  }

  #explain(): void {
    const { example, title, cameras, lastIdentity, extension } = this.#layout;
    const own = 'data of your own in this layout are read by dataset/market-style';
    this.findings.explain(
      'name-mismatch',
      'warning',
      (files) => `Left out: ${counted(files.length, 'image')} with a name unlike ${example} (${someOf(files)}).`,
    );
    this.findings.explain('camera-range', 'error', (files) => {
      const range = cameras === undefined ? 'cameras are numbered from 1' : `${title} has cameras 1 to ${cameras}`;
      return `another camera in ${counted(files.length, 'file name')} (${range}): ${someOf(files)}; ${own}`;
    });
    this.findings.explain('identity-range', 'error', (files) => {
      const range = `${title} has identities up to ${lastIdentity}`;
      return `a larger identity in ${counted(files.length, 'file name')} (${range}): ${someOf(files)}; ${own}`;
    });
    this.findings.explain(
      'unused-extension',
      'warning',
      (files) => `Taken all the same: ${counted(files.length, 'image')} with another extension than ${extension} (${someOf(files)}).`,
    );
  }

  #bySplit(optional: readonly string[]): Record<string, Waiting[]> {
    const sources = this.#layout.sources;
    const splits: Record<string, Waiting[]> = Object.fromEntries(sources.map(({ split }) => [split, []]));
    for (const crop of this.#crops) (splits[crop.split] ??= []).push(crop);
    for (const [split, records] of Object.entries(splits)) {
      const needed = sources.filter((source) => source.split === split && !source.isOptional);
      if (records.length === 0 && needed.length > 0 && !optional.includes(split)) this.#sayEmpty(split, needed);
    }
    return splits;
  }

  #sayEmpty(split: string, sources: readonly CropSource[]): void {
    const folders = [...new Set(sources.map(({ list, folder }) => list ?? folder))];
    const names = this.#misnamed.filter((file) => folders.some((folder) => file.startsWith(`${folder}/`)));
    const bare = names.map((file) => file.slice(file.lastIndexOf('/') + 1));
    const saw =
      names.length > 0 ? `it has ${counted(names.length, 'image')}, named like ${bare.slice(0, 3).join(', ')}` : 'it has no image files';
    const where = `${this.root}: ${folders.join(', ') || '.'}`;
    const message = `the split "${split}" (${where}) has no image with a name like ${this.#layout.example}: ${saw}`;
    this.findings.add({ severity: 'error', rule: 'empty-split', message, files: folders, count: 0 });
  }

  /** Each file once, although its folder may have been listed for two splits. */
  #allExcluded(): Map<string, Exclusion> {
    const excluded = new Map(this.excluded.map((exclusion) => [exclusion.file, exclusion]));
    if (this.#unwanted.size === 0) return excluded;
    const taken = new Set(this.#crops.map(({ file }) => file));
    for (const file of this.#unwanted)
      if (!taken.has(file)) excluded.set(file, { file, rule: 'its person or camera is in no split that was asked for' });
    return excluded;
  }

  /** The data set. Rejects with DATASET_INVALID, naming every problem. */
  async finish({ sidecar = 'auto', goesOn = false, optional = [] }: GatheringEnd = {}): Promise<Dataset> {
    const { name, title, version, cameraNames, numbersRestart = false } = this.#layout;
    this.#explain();
    const waiting = this.#bySplit(optional);
    if (this.findings.hasErrors && !goesOn) throw new DatasetError(`${title} at ${this.root} cannot be used:`, this.findings.all);
    const outfits = [...new Set(this.#crops.flatMap(({ outfit }) => (outfit === undefined ? [] : [outfit])))].sort(naturalOrder);
    const ranks = new Map(outfits.map((outfit, rank) => [outfit, rank]));
    const numbered = ({ outfit, ...record }: Waiting): CropRecord =>
      outfit === undefined ? record : { ...record, clothes: ranks.get(outfit)! };
    const splits = Object.fromEntries(Object.entries(waiting).map(([split, crops]) => [split, crops.map(numbered)]));
    const excluded = this.#allExcluded();
    const joined = await joinSidecars(splits, { root: this.root, mode: sidecar, excluded: new Set(excluded.keys()) }, this.findings);
    return finishDataset({
      name,
      root: this.root,
      splits: joined,
      excluded: [...excluded.values()],
      findings: this.findings,
      goesOn,
      numbersRestart,
      ...(version === undefined ? {} : { version }),
      ...(cameraNames ? { cameraNames } : {}),
      ...(outfits.length > 0 ? { clothesNames: outfits } : {}),
    });
  }
}

function isWanted({ identity, camera }: Named, { cameras, identities }: CropSource): boolean {
  return (!cameras || (camera !== null && cameras.includes(camera))) && (!identities || identities.has(identity));
}
