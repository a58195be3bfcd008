import type { Schedule } from '../kinds/schedule.ts';
import { demand, type ConformanceCheck } from './conformance-check.ts';

/** What the schedule is tried on. */
export interface ScheduleConformanceOptions {
  /** Epochs or steps that are tried. Default: 200. */
  readonly length?: number;
}

/** What every schedule keeps to. */
export function scheduleConformance(make: () => Schedule, { length = 200 }: ScheduleConformanceOptions = {}): ConformanceCheck[] {
  const places = Array.from({ length }, (_, at) => at);
  return [
    {
      title: 'counts epochs or steps',
      check() {
        const { unit } = make();
        demand(unit === 'epoch' || unit === 'step', `It counts "${unit}", which is neither "epoch" nor "step".`);
      },
    },
    {
      title: 'gives finite rates that are not negative',
      check() {
        const schedule = make();
        for (const base of [0, 1e-6, 1]) {
          for (const at of places) {
            const rate = schedule.rate(at, base);
            demand(Number.isFinite(rate) && rate >= 0, `The rate at ${at} for the base ${base} is ${rate}.`);
          }
        }
      },
    },
    {
      title: 'depends on nothing but the place and the base',
      check() {
        const schedule = make();
        const forward = places.map((at) => schedule.rate(at, 0.1));
        const backward = places.map((at) => schedule.rate(length - 1 - at, 0.1)).reverse();
        const other = places.map((at) => make().rate(at, 0.1));
        const moved = places.find((at) => forward[at] !== backward[at] || forward[at] !== other[at]);
        demand(moved === undefined, `The rate at ${moved} differs when it is asked for again.`);
      },
    },
  ];
}
