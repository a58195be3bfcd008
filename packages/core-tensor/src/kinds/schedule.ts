/** Kind `schedule`: the learning rate over a stage. */
export interface Schedule {
  /** What `at` counts. */
  readonly unit: 'step' | 'epoch';
  /** The rate at the `at`-th step or epoch, counted from 0, for a base rate. */
  rate(at: number, base: number): number;
}
