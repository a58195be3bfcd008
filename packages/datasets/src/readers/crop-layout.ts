import type { CropRecord } from '@reidkit/core-tensor/base';

/** Named groups of a layout's pattern, as found in a path. */
export type PathGroups = Readonly<Record<string, string | undefined>>;

/** A folder with images of one split. */
export interface CropSource {
  readonly split: string;
  /** Below the data set's root; the empty text is the root itself. */
  readonly folder: string;
  /** The list that names its images, where one does. */
  readonly list?: string;
  /** Levels of folders between it and the images. */
  readonly depth?: 0 | 1 | 2;
  /** The camera of all its images, from 0, where names tell none. */
  readonly camera?: number;
  readonly modality?: CropRecord['modality'];
  /** Takes only images of these cameras, as names number them. */
  readonly cameras?: readonly number[];
  /** Added to every identity: where folders number people anew. */
  readonly identityOffset?: number;
  /** Takes only these people. */
  readonly identities?: ReadonlySet<number>;
  /** Instead of the layout's pattern. */
  readonly pattern?: RegExp;
  /** Whether the data set is sound without it. */
  readonly isOptional?: boolean;
}

/** A data set of crops whose folders and file names say what there is to know. */
export interface CropLayout {
  /** Name in results and the last part of the component's id. */
  readonly name: string;
  readonly title: string;
  /** Names under which the data set's folder is known, beside any that the user gives. */
  readonly folders: readonly string[];
  /** What must be there, below the root; by default the folders of the sources. */
  readonly needs?: readonly string[];
  readonly sources: readonly CropSource[];
  /** What whoever has not got it should know. */
  readonly note?: string;
  /** On the path below the source's folder, never above it, with the groups `identity` and, where there is one, `camera`, `clothes`. */
  readonly pattern: RegExp;
  /** A name that fits, for messages. */
  readonly example: string;
  /** The extension its images have; others are taken and reported. */
  readonly extension?: string;
  /** Number of cameras, where the layout has a fixed one. */
  readonly cameras?: number;
  /** Names of the cameras, in order, where they are not numbers. */
  readonly cameraNames?: readonly string[];
  /** Largest identity, where the layout has one. */
  readonly lastIdentity?: number;
  /** Name of the outfit, which is unique over people; by default the group `clothes`. Gets the camera from 0. */
  readonly outfitOf?: (groups: PathGroups, camera: number | null) => string | undefined;
  /** Whether people of training and of test are numbered apart, so that equal numbers are other people. */
  readonly numbersRestart?: boolean;
  /** Variant or version, for the fingerprint and published counts. */
  readonly version?: string;
}

/** What a layout's folder is known by. */
export const needsOf = ({ needs, sources }: CropLayout): readonly string[] =>
  needs ?? [...new Set(sources.filter(({ isOptional }) => !isOptional).map(({ folder }) => folder))];
