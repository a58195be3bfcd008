import { add, greater, maximum, mul, oneHot, relu, sqrt, square, stopGradient, sub, where, type Tensor } from '@reidkit/core-tensor';

/** What the margins of {@link arcfaceLogits}, {@link cosfaceLogits} and {@link circleLogits} are told. */
export interface CosineMargin {
  /** How much harder the right class is made: an angle in radians for arcface, a cosine for the others. */
  readonly margin: number;
  /** Factor of the logits. */
  readonly scale: number;
}

/** Squared sines below this count as this, and pass no gradient on: an angle of 0 has no finite slope in its cosine. */
const SMALLEST = 1e-12;

/** `own` at the label of each row, `cosines` elsewhere, times `scale`. */
function atLabels(cosines: Tensor, labels: Tensor, own: Tensor, scale: number): Tensor {
  return mul(add(cosines, mul(sub(own, cosines), oneHot(labels, cosines.shape[1]!))), scale);
}

/**
 * Adds an angle to that between each row and its class: `cosines [B, C]`, `labels [B]` → logits `[B, C]`. Beyond π − margin the cosine of the
 * sum rises again, as in fast-reid; `isMonotonic` goes on falling there, by `cos θ − margin · sin margin`, as in the authors' code.
 * @see Deng et al., "ArcFace" (2019), Eq. 3.
 */
export function arcfaceLogits(
  cosines: Tensor,
  labels: Tensor,
  { margin, scale, isMonotonic = false }: CosineMargin & { readonly isMonotonic?: boolean },
): Tensor {
  const sine = sqrt(maximum(sub(1, square(cosines)), SMALLEST));
  const turned = sub(mul(cosines, Math.cos(margin)), mul(sine, Math.sin(margin)));
  if (!isMonotonic) return atLabels(cosines, labels, turned, scale);
  const falling = sub(cosines, margin * Math.sin(margin));
  return atLabels(cosines, labels, where(greater(stopGradient(cosines), Math.cos(Math.PI - margin)), turned, falling), scale);
}

/**
 * Takes the margin off the cosine of each row with its class: `cosines [B, C]`, `labels [B]` → logits `[B, C]`.
 * @see Wang et al., "CosFace" (2018), Eq. 4.
 */
export function cosfaceLogits(cosines: Tensor, labels: Tensor, { margin, scale }: CosineMargin): Tensor {
  return mul(sub(cosines, mul(oneHot(labels, cosines.shape[1]!), margin)), scale);
}

/** What a circle makes of similarities, for those that should be large and those that should be small; the weights carry no gradient. */
export function circleTerms(similarities: Tensor, margin: number): { readonly positive: Tensor; readonly negative: Tensor } {
  const fixed = stopGradient(similarities);
  return {
    positive: mul(relu(sub(1 + margin, fixed)), sub(similarities, 1 - margin)),
    negative: mul(relu(add(fixed, margin)), sub(similarities, margin)),
  };
}

/**
 * Weighs each cosine by how far it is from where it should be: `cosines [B, C]`, `labels [B]` → logits `[B, C]`.
 * @see Sun et al., "Circle Loss" (2020), Eq. 6 to 8, with class vectors.
 */
export function circleLogits(cosines: Tensor, labels: Tensor, { margin, scale }: CosineMargin): Tensor {
  const { positive, negative } = circleTerms(cosines, margin);
  return atLabels(negative, labels, positive, scale);
}
