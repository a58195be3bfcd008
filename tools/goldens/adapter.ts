/** A case: its JSON and the tensors beside it. */
export interface GoldenCase {
  readonly name: string;
  /** Absolute folder of the files. */
  readonly folder: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- every family has its own options
  readonly json: Record<string, any>;
  tensor(key: string): GoldenTensor;
  has(key: string): boolean;
  readonly keys: readonly string[];
  readonly report: GoldenReport;
}

/** A tensor of a case; 64-bit integers are converted to a type whose values are numbers where they fit. */
export interface GoldenTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;
}

/** Where an adapter puts its findings. */
export interface GoldenReport {
  /** Compares at the case's tolerance (element or max); records a failure line if off. */
  compare(
    name: string,
    got: ArrayLike<number>,
    want: GoldenTensor,
    tolerance?: { atol?: number; rtol?: number; compare?: 'element' | 'max' },
  ): void;
  check(name: string, ok: boolean, detail?: string): void;
}

/** Serves all cases of a family. */
export interface GoldenAdapter {
  readonly family: string;
  run(golden: GoldenCase): void | Promise<void>;
}
