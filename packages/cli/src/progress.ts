import { clearLine, cursorTo } from 'node:readline';

/** Where progress goes: a terminal that can overwrite its last line, or plain lines. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Seconds as `1 h 04 min`, `3 min 20 s`, `8 s`. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  const whole = Math.max(0, Math.round(seconds));
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
  return whole >= 60 ? `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s` : `${whole} s`;
}

/** One line that tells how far something is: overwritten in a terminal, repeated every ten seconds elsewhere. */
export class ProgressLine {
  readonly #out: ProgressOutput;
  readonly #now: () => number;
  #shown = '';
  #last = -Infinity;

  constructor(out: ProgressOutput = process.stderr, now: () => number = () => performance.now()) {
    this.#out = out;
    this.#now = now;
  }

  /** Shows a line if it is time to. */
  update(text: string): void {
    const interval = this.#out.isTTY ? 100 : 10_000;
    if (this.#now() - this.#last < interval) return;
    this.#last = this.#now();
    this.#show(text);
  }

  /** Shows a line that stays. */
  done(text: string): void {
    this.#show(text);
    if (this.#out.isTTY) this.#out.write('\n');
    this.#shown = '';
    this.#last = -Infinity;
  }

  #show(text: string): void {
    if (!this.#out.isTTY) {
      if (text !== this.#shown) this.#out.write(`${text}\n`);
    } else {
      cursorTo(this.#out as NodeJS.WriteStream, 0);
      clearLine(this.#out as NodeJS.WriteStream, 0);
      this.#out.write(text.slice(0, (this.#out.columns ?? 80) - 1));
    }
    this.#shown = text;
  }
}
