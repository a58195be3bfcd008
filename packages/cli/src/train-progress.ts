import type { LogEvent, Logger } from '@reidkit/core-tensor';
import { formatSeconds, type ProgressLine } from './progress.ts';

const NOT_LOSSES = new Set(['rate', 'imagesPerSecond', 'secondsLeft', 'epochs', 'batches', 'total', 'gradientNorm']);

function stepLine({ stage, epoch, numbers }: LogEvent): string {
  const terms = Object.entries(numbers).filter(([name]) => !NOT_LOSSES.has(name) && !name.startsWith('rate.')).map(([name, value]) => `${name} ${value.toFixed(3)}`); // prettier-ignore
  const loss = `loss ${numbers.total?.toFixed(3)}${terms.length > 1 ? ` (${terms.join(', ')})` : ''}`;
  const speed = `${Math.round(numbers.imagesPerSecond ?? 0)} images/s`;
  return `${stage}  epoch ${epoch + 1}/${numbers.epochs}  ${loss}  ${speed}  ${formatSeconds(numbers.secondsLeft ?? NaN)} left`;
}

/** A logger that tells a person how training goes. */
export function progressLogger(line: ProgressLine): Logger {
  return {
    log(event) {
      const { kind, numbers, text } = event;
      if (kind === 'step') line.update(stepLine(event));
      else if (kind === 'evaluation') {
        line.done(
          `epoch ${event.epoch}: mAP ${(100 * (numbers.mAP ?? 0)).toFixed(1)} %, rank-1 ${(100 * (numbers.rank1 ?? 0)).toFixed(1)} %`,
        );
      } else if (text !== undefined) line.done(text);
    },
    close: async () => undefined,
  };
}
