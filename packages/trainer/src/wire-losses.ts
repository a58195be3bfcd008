import { type Context, didYouMean, type InputName, type Loss, type ModelPass, Module, mul, add, reportProblems, type Registry, type Tensor, type Tensors } from '@reidkit/core-tensor'; // prettier-ignore
import type { Stage } from '@reidkit/core-tensor';

/** A loss of a stage with the places where it finds its inputs. */
export interface WiredLoss {
  readonly name: string;
  readonly weight: number;
  readonly loss: Loss;
  readonly reads: Readonly<Record<string, InputName>>;
}

/** What losses may read, by namespace. */
export interface Available {
  readonly outputs: readonly string[];
  readonly batch: readonly string[];
  readonly state: readonly string[];
  readonly artefact: readonly string[];
}

function namesOf(available: Available): string[] {
  return Object.entries(available).flatMap(([space, names]) => (names as readonly string[]).map((name) => `${space}.${name}`));
}

/**
 * Builds the losses of a stage and connects each input with a name that is given; one for each of the model's `parts` where it asks for that.
 * Throws UNKNOWN_NAME before any training, with all
 * problems and the names that there are.
 */
export function wireLosses(stage: Pick<Stage, 'name' | 'losses'>, registry: Registry, available: Available, parts = 0): WiredLoss[] {
  const known = namesOf(available);
  const problems: string[] = [];
  const wired = Object.entries(stage.losses).flatMap(([name, { use, options, weight, reads }]): WiredLoss[] => {
    const loss = registry.use<Loss>({ use, ...(options === undefined ? {} : { options }) });
    for (const input of Object.keys(reads)) {
      if (!(input in loss.reads)) {
        problems.push(
          `loss "${name}" (${use}) has no input "${input}".${didYouMean(input, Object.keys(loss.reads))} Its inputs: ${Object.keys(loss.reads).join(', ')}.`,
        );
      }
    }
    const places = { ...loss.reads, ...reads } as Record<string, InputName>;
    for (const [input, place] of Object.entries(places)) {
      if (!known.includes(place))
        problems.push(`loss "${name}" (${use}) reads "${place}" as ${input}, which nothing gives.${didYouMean(place, known)}`);
    }
    if (!loss.perPart) return [{ name, weight, loss, reads: places }];
    return loss.perPart(parts).map((each, at) => ({ name: `${name}${at + 1}`, weight, loss: each, reads: places }));
  });
  if (problems.length > 0) {
    throw reportProblems('UNKNOWN_NAME', `Stage "${stage.name}" reads names that are not there:`, problems, {
      hint: `there are ${known.join(', ')}.`,
    });
  }
  return wired;
}

/** Names under a namespace that losses read. */
const namesIn = (space: keyof Available, losses: readonly WiredLoss[]): string[] =>
  losses
    .flatMap(({ reads }) => Object.values(reads))
    .flatMap((place) => (place.startsWith(`${space}.`) ? [place.slice(space.length + 1)] : []));

/** Names of the batch that a way through the model and its losses read. */
export function batchNames(pass: Pick<ModelPass, 'reads'>, losses: readonly WiredLoss[]): Set<string> {
  return new Set([...pass.reads, ...namesIn('batch', losses)]);
}

/** Names of artefacts that losses read. */
export const artefactNames = (losses: readonly WiredLoss[]): string[] => [...new Set(namesIn('artefact', losses))];

/** The values of a step by namespace. */
export interface LossSources {
  readonly outputs: Tensors;
  readonly batch: Tensors;
  readonly state: Tensors;
  readonly artefact: Tensors;
}

/** Each loss by name, and their weighted sum `[]`. */
export function computeLosses(
  losses: readonly WiredLoss[],
  sources: LossSources,
  ctx: Context,
): { readonly terms: Tensors; readonly total: Tensor } {
  const terms = losses.map(({ name, loss, reads, weight }) => {
    const inputs = Object.entries(reads).map(([input, place]) => {
      const dot = place.indexOf('.');
      return [input, sources[place.slice(0, dot) as keyof LossSources][place.slice(dot + 1)]!] as const;
    });
    return { name, weight, value: loss.compute(Object.fromEntries(inputs), ctx) };
  });
  const weighted = terms.map(({ weight, value }) => (weight === 1 ? value : mul(value, weight)));
  return {
    terms: Object.fromEntries(terms.map(({ name, value }) => [name, value])),
    total: weighted.reduce((sum, term) => add(sum, term)),
  };
}

/** The losses that hold parameters of their own, by name. */
export const learnedLosses = (losses: readonly WiredLoss[]): (readonly [string, Module])[] =>
  losses.flatMap(({ name, loss }) => (Module.is(loss) ? [[name, loss as unknown as Module] as const] : []));
