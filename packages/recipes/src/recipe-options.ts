/** How a recipe is chosen. */
export interface RecipeOptions {
  /** Which reading of the method. */
  readonly preset?: string;
  /** How big. */
  readonly size?: string;
  /** Folder of the data set in Market-1501 layout. Default: `data/market1501`. */
  readonly data?: string;
}
