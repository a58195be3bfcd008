import { count, percent, plural } from './format-number.ts';
import type { ReportEvaluation, ReportMethod } from './report-data.ts';

const rank1 = ({ cmc }: ReportMethod): number | undefined => cmc['1'];

function comparison(subject: ReportMethod, other: ReportMethod): string {
  const gain = (subject.mAP - other.mAP) * 100;
  const name = other.name.toLowerCase();
  if (Math.abs(gain) < 0.05) return `That is no different from “${name}” (mAP ${percent(other.mAP)}).`;
  const points = `${Math.abs(gain).toFixed(1)} points of mAP`;
  if (gain > 0) return `“${other.name}” reaches an mAP of ${percent(other.mAP)}: ${points} less.`;
  return `It does not beat “${name}”, which reaches an mAP of ${percent(other.mAP)}: ${points} more. Look for the cause before using the model.`;
}

/** The result in sentences for someone who does not know the measures. */
export function plainWords({ methods, queries, queriesDropped, gallery }: ReportEvaluation): string[] {
  const [subject, ...others] = methods;
  if (!subject) return ['No result was recorded.'];
  const judged = queries - queriesDropped;
  const sentences = [
    `${plural(judged, 'query image was', 'query images were')} compared with ${plural(gallery, 'gallery image', 'gallery images')}.`,
  ];
  const first = rank1(subject);
  if (first !== undefined) {
    sentences.push(
      `For ${count(Math.round(first * judged))} of them (${percent(first)}) the first image of the ranking shows the right person (rank-1).`,
    );
  }
  sentences.push(
    `The mean average precision (mAP) is ${percent(subject.mAP)}: it is 100 % when all images of the right person stand before all others, for every query.`,
  );
  return [...sentences, ...others.map((other) => comparison(subject, other))];
}
