import { describe, expect, it } from 'vitest';
import { scoped, sum, tensor, valueAndGradients } from '@reidkit/core-tensor';
import { boxCentres, boxOverlapLoss, boxOverlaps, smoothL1 } from './box-losses.ts';

// Numbers of torchvision are in goldens/segmentation-lmm/box-losses-*.
const boxes = [
  [0, 0, 4, 2],
  [1, 1, 3, 5],
];

describe('boxes', () => {
  it('overlap as areas do, for all pairs', () => {
    scoped(() => {
      const [a, b] = [tensor(boxes), tensor([...boxes, [10, 10, 11, 12]])];
      expect([...boxOverlaps(a, b).dataSync()].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([1, 0.142857, 0, 0.142857, 1, 0]);
      const generalised = boxOverlaps(a, b, 'giou').dataSync();
      expect(generalised[1]).toBeCloseTo(2 / 14 - (20 - 14) / 20, 6);
      expect(boxOverlaps(a, b, 'diou').dataSync()[1]).toBeCloseTo(2 / 14 - 4 / (16 + 25), 6);
    });
  });

  it('lose nothing when they are where they should be, and are drawn there from afar', () => {
    scoped(() => {
      const near = tensor(boxes);
      for (const kind of ['giou', 'diou', 'ciou'] as const)
        expect([...boxOverlapLoss(near, near, kind).dataSync()].every((value) => Math.abs(value) < 1e-6)).toBe(true);
      const far = tensor([[20, 20, 22, 24]]);
      const { gradients } = valueAndGradients(({ box }) => ({ value: sum(boxOverlapLoss(box!, tensor([boxes[0]!]))), rest: {} }), {
        box: far,
      });
      expect([...gradients.box!.dataSync()].every(Number.isFinite)).toBe(true);
      expect(gradients.box!.dataSync()[0]).toBeGreaterThan(0);
    });
  });

  it('have middles, widths and heights', () => {
    const centres = scoped(() => boxCentres(tensor(boxes)));
    expect([...centres.dataSync()]).toEqual([2, 1, 4, 2, 2, 3, 2, 4]);
    centres.dispose();
  });
});

it('smooth L1 is a parabola near 0 and a line beyond', () => {
  scoped(() => {
    const loss = (beta: number): number[] => [...smoothL1(tensor([[0.5, -3]]), tensor([[0, 0]]), beta).dataSync()];
    expect(loss(1)).toEqual([0.125, 2.5]);
    expect(loss(0)).toEqual([0.5, 3]);
  });
});
