/** One line of a training log: a step with its numbers, or an evaluation. */
export interface LogEvent {
  /** What happened: `step`, `epoch`, `evaluation`, `compile`, `message`. */
  readonly kind: string;
  /** Steps done since the start of the run. */
  readonly step: number;
  readonly epoch: number;
  readonly stage: string;
  /** Numbers by name: losses, `rate`, `imagesPerSecond` (images / s), `mAP` … */
  readonly numbers: Readonly<Record<string, number>>;
  readonly text?: string;
}

/** Kind `logger`: keeps what happens in a run. */
export interface Logger {
  /** Takes note of an event; must not throw. */
  log(event: LogEvent): void;
  /** Writes out what is held back. */
  close(): Promise<void>;
}
