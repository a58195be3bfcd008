import { type Prepare, type Registry, reportProblems, type Stage, didYouMean } from '@reidkit/core-tensor';
import { artefactPlace, placeOf } from './artefacts.ts';

/** What a stage has of artefacts. */
export interface StageArtefacts {
  /** Its preparations by the name of what they make, in order. */
  readonly prepares: ReadonlyMap<string, Prepare>;
  /** Its preparations before every epoch, by the parameter or buffer that each makes. */
  readonly refreshes: ReadonlyMap<string, Prepare>;
  /** Names that its losses may read as `artefact.…`, each with the artefact that it belongs to. */
  readonly places: ReadonlyMap<string, string>;
}

/**
 * Follows artefacts through the stages of a recipe. Throws RECIPE_INVALID when a stage needs one that neither an earlier stage nor the caller
 * gives, or when two stages make one of the same name.
 */
export function followArtefacts(stages: readonly Stage[], registry: Registry, given: readonly string[]): StageArtefacts[] {
  const known = new Map<string, string>(given.map((name) => [name, 'the caller']));
  const places = new Map<string, string>(given.map((name) => [name, name]));
  const problems: string[] = [];
  const followed = stages.map((stage): StageArtefacts => {
    const later = (name: string): string => {
      const maker = stages.find(({ produces, prepare }) => name in produces || name in prepare);
      return maker ? ` Stage "${maker.name}" would make it.` : didYouMean(name, known.keys());
    };
    const must = (name: string, what: string): void => {
      if (!known.has(name))
        problems.push(`stage "${stage.name}" ${what} the artefact "${name}", which no stage before it makes.${later(name)}`);
    };
    const make = (name: string, tensors: readonly string[]): void => {
      const maker = known.get(name);
      if (maker !== undefined && maker !== 'the caller')
        problems.push(`stage "${stage.name}" makes the artefact "${name}", which stage "${maker}" makes too`);
      known.set(name, stage.name);
      for (const tensor of tensors) places.set(artefactPlace(name, tensor), name);
    };
    for (const name of stage.needs) must(name, 'needs');
    const prepares = new Map(Object.entries(stage.prepare).map(([name, node]) => [name, registry.use<Prepare>(node)]));
    for (const [name, prepare] of prepares) make(name, prepare.gives);
    for (const [name, artefact] of Object.entries(stage.rows)) must(artefact, `takes the rows "${name}" from`);
    for (const [path, place] of Object.entries(stage.fills)) must(placeOf(place).artefact, `fills "${path}" from`);
    const refreshes = new Map(Object.entries(stage.refresh).map(([path, node]) => [path, registry.use<Prepare>(node)]));
    for (const [path, { gives }] of refreshes) {
      if (!gives.includes('value')) problems.push(`stage "${stage.name}" refreshes "${path}" by "${stage.refresh[path]!.use}", which gives ${gives.join(', ')}, not "value"`); // prettier-ignore
    }
    const here = new Map(places);
    for (const name of Object.keys(stage.produces)) make(name, []);
    return { prepares, refreshes, places: here };
  });
  if (problems.length === 0) return followed;
  throw reportProblems('RECIPE_INVALID', 'The stages of the recipe do not follow one another:', problems, {
    hint: 'train the stages in order, or bring what is missing from another run: --artefact NAME=FILE.',
  });
}
