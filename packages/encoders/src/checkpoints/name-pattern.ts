/** Names with holes: `blocks.{}.norm1.weight`, where `{}` stands for one part between dots. */
export interface NamePattern {
  /** What fills the holes of a name, or undefined where it does not match. */
  readonly match: (name: string) => readonly string[] | undefined;
  /** The name with its holes filled. */
  readonly fill: (parts: readonly string[]) => string;
  /** The pattern up to and with its last hole, for `blocks.{}`; empty without holes. */
  readonly stem: string;
}

/** A pattern of names. */
export function namePattern(pattern: string): NamePattern {
  const pieces = pattern.split('{}');
  const expression = new RegExp(`^${pieces.map((piece) => piece.replace(/[.*+?^$()|[\]\\]/g, '\\$&')).join('([^.]+)')}$`);
  return {
    match: (name) => expression.exec(name)?.slice(1),
    fill: (parts) => pieces.map((piece, i) => (i === 0 ? piece : parts[i - 1]! + piece)).join(''),
    stem: pattern.slice(0, pattern.lastIndexOf('{}') + (pieces.length > 1 ? 2 : 1)),
  };
}
