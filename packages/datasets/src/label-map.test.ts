import fc from 'fast-check';
import { expect, it } from 'vitest';
import { clothesLabels, createLabelMap, identityLabels } from './label-map.ts';

it('labels are 0 … C − 1 in numeric order, whatever the order of the values', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
      const map = createLabelMap(values);
      expect(map.values.map((value) => map.labelOf(value))).toEqual([...map.values.keys()]);
      expect([...map.values]).toEqual([...new Set(values)].sort((a, b) => a - b));
      expect(createLabelMap(map.values)).toMatchObject({ values: map.values });
    }),
  );
});

it('junk and what is unknown have no label', () => {
  const crop = (identity: number, clothes?: number) =>
    ({ form: 'crop', file: 'x.jpg', identity, camera: 0, split: 'train', ...(clothes === undefined ? {} : { clothes }) }) as const;
  const labels = identityLabels([crop(30), crop(-1), crop(4), { form: 'text', text: 'a', identity: 7, split: 'train' }]);
  expect([30, -1, 4, 7, 5, null, undefined].map(labels.labelOf)).toEqual([2, -1, 0, 1, -1, -1, -1]);
  expect(clothesLabels([crop(1, 12), crop(1, 3), crop(2)]).values).toEqual([3, 12]);
});
