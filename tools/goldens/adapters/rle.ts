import { decodeRle, encodeRle, intersectRle, parseRleText, polygonRle, rleArea, rleBox, rleIou, rleText, uniteRle, type RleMask } from '@reidkit/datasets';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { wholeNumbers } from '../retrieval-case.ts';

interface WantedRle {
  readonly size: readonly [number, number];
  readonly counts: string;
  readonly runs: readonly number[];
  readonly area: number;
  readonly bbox: readonly number[];
}

const same = (a: ArrayLike<number>, b: ArrayLike<number>): boolean => a.length === b.length && Array.from(a).every((value, i) => value === b[i]);

function compareMask(golden: GoldenCase, index: number, want: WantedRle): RleMask {
  const { report } = golden;
  const [height, width] = want.size;
  const { data } = golden.tensor(`in/mask${index}`);
  const pixels = data as Int32Array;
  const mask = encodeRle(pixels, { height, width });
  const [x0, y0, x1, y1] = rleBox(mask) ?? [0, 0, 0, 0];
  const what = `mask ${index}`;
  report.check(`${what} runs`, same(mask.runs, want.runs), mask.runs.slice(0, 8).join());
  report.check(`${what} counts`, rleText(mask) === want.counts, rleText(mask).slice(0, 40));
  report.check(`${what} from counts`, same(parseRleText(want.counts, { height, width }).runs, want.runs));
  report.check(`${what} pixels`, same(decodeRle(mask), pixels));
  report.check(`${what} area`, rleArea(mask) === want.area, String(rleArea(mask)));
  report.check(`${what} box`, same([x0, y0, x1 - x0, y1 - y0], want.bbox), [x0, y0, x1, y1].join());
  return mask;
}

export const adapter: GoldenAdapter = {
  family: 'rle',
  run(golden) {
    const { report, json } = golden;
    const masks = (json.rle as WantedRle[]).map((want, index) => compareMask(golden, index, want));
    const pairs = Array.from(wholeNumbers(golden.tensor('out/pair_index')), (index) => masks[index]!);
    const ious = (isCrowd: boolean): number[] => pairs.flatMap((a) => pairs.map((b) => rleIou(a, b, { isCrowd })));
    report.compare('pair IoU', ious(false), golden.tensor('out/pair_iou'));
    report.compare('pair IoU, crowd', ious(true), golden.tensor('out/pair_iou_crowd'));
    const three = pairs.slice(0, 3);
    report.check('union', rleText(three.reduce(uniteRle)) === json.merged.union);
    report.check('intersection', rleText(three.reduce(intersectRle)) === json.merged.intersect);
    const { size, points } = json.config.polygon;
    const polygon = polygonRle(points, { height: size[0], width: size[1] });
    report.check('polygon', rleText(polygon) === json.polygon_counts, rleText(polygon));
    report.check('polygon pixels', same(decodeRle(polygon), golden.tensor('out/polygon_mask').data as Int32Array));
  },
};
