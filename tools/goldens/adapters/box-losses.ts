import { mean, scoped, sum, valueAndGradients, type Tensor } from '@reidkit/core-tensor';
import { encodeRle, rleBox } from '@reidkit/datasets';
import { boxCentres, boxOverlapLoss, boxOverlaps, smoothL1, type BoxOverlap } from '@reidkit/losses';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { goldenTensor } from '../golden-tensors.ts';

const KINDS: readonly BoxOverlap[] = ['iou', 'giou', 'diou', 'ciou'];

const LOSSES: Readonly<Record<string, (pred: Tensor, target: Tensor) => Tensor>> = {
  giou_loss: (pred, target) => boxOverlapLoss(pred, target, 'giou'),
  diou_loss: (pred, target) => boxOverlapLoss(pred, target, 'diou'),
  ciou_loss: (pred, target) => boxOverlapLoss(pred, target, 'ciou'),
  smooth_l1_b1: (pred, target) => smoothL1(pred, target),
  smooth_l1_b01: (pred, target) => smoothL1(pred, target, 0.1),
  l1: (pred, target) => smoothL1(pred, target, 0),
};

/** Inclusive last pixels, as torchvision has the box of a mask. */
function maskBoxes(golden: GoldenCase): number[] {
  const { data, shape } = golden.tensor('in/masks');
  const [count = 0, height = 0, width = 0] = shape;
  return Array.from({ length: count }, (_, i) => {
    const pixels = data.slice(i * height * width, (i + 1) * height * width) as Int32Array;
    const [x0, y0, x1, y1] = rleBox(encodeRle(pixels, { height, width })) ?? [0, 0, 1, 1];
    return [x0, y0, x1 - 1, y1 - 1];
  }).flat();
}

function compareLosses(golden: GoldenCase, pred: Tensor, target: Tensor): void {
  for (const [name, loss] of Object.entries(LOSSES)) {
    const { gradients, rest } = valueAndGradients(
      ({ pred: p, target: t }) => {
        const rows = loss(p!, t!);
        return { value: sum(rows), rest: { rows, mean: mean(rows) } };
      },
      { pred, target },
    );
    golden.report.compare(name, rest.rows!.dataSync(), golden.tensor(`out/${name}`));
    golden.report.compare(`${name}.mean`, rest.mean!.dataSync(), golden.tensor(`out/${name}.mean`));
    for (const side of ['pred', 'target']) {
      const { grad } = golden.json.tolerance;
      golden.report.compare(`grad/${name}/${side}`, gradients[side]!.dataSync(), golden.tensor(`grad/${name}/${side}`), grad);
    }
  }
}

export const adapter: GoldenAdapter = {
  family: 'box-losses',
  run(golden) {
    scoped(() => {
      const [pred, target] = ['in/pred', 'in/target'].map((key) => goldenTensor(golden, key)) as [Tensor, Tensor];
      for (const kind of KINDS) golden.report.compare(kind, boxOverlaps(pred, target, kind).dataSync(), golden.tensor(`out/${kind}`));
      golden.report.compare('cxcywh', boxCentres(pred).dataSync(), golden.tensor('out/cxcywh'));
      compareLosses(golden, pred, target);
    });
    golden.report.compare('masks_to_boxes', maskBoxes(golden), golden.tensor('out/masks_to_boxes'));
  },
};
