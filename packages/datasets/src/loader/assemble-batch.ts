import { hostTensor, type Batch, type BatchTensors, type CropRecord, type HostTensor } from '@reidkit/core-tensor/base';
import type { LabelMap } from '../label-map.ts';
import type { BatchSettings, BatchTask, MadeBatch } from './batch-task.ts';

/** How facts of records become numbers. */
export interface RecordNumbers {
  readonly labels: LabelMap;
  readonly clothes?: LabelMap;
  /** Names of sources in the order of their numbers. */
  readonly domains: readonly string[];
}

/** Number of a record's source: 0 where it names none. */
export function domainOf({ domain }: CropRecord, domains: readonly string[]): number {
  return domain === undefined ? 0 : domains.indexOf(domain);
}

function optionalTensors(made: MadeBatch, { batchSize, fields }: BatchSettings): Partial<BatchTensors> {
  const { masks, masksValid, partMasks, partMasksValid, boxes, boxesValid } = made;
  const optional: { -readonly [K in keyof BatchTensors]?: BatchTensors[K] } = {};
  if (masks) optional.masks = hostTensor(masks, [batchSize, made.height, made.width]);
  if (masksValid) optional.masksValid = hostTensor(masksValid, [batchSize], 'bool');
  if (fields.partMasks) {
    const { parts, height, width } = fields.partMasks;
    optional.partMasks = hostTensor(partMasks!, [batchSize, parts.length, height, width]);
    optional.partMasksValid = hostTensor(partMasksValid!, [batchSize, parts.length], 'bool');
  }
  if (fields.boxes) {
    optional.boxes = hostTensor(boxes!, [batchSize, fields.boxes.length, 4]);
    optional.boxesValid = hostTensor(boxesValid!, [batchSize, fields.boxes.length], 'bool');
  }
  return optional;
}

/** Puts a batch together from its pixels and the facts of its records. */
export function assembleBatch(task: BatchTask, made: MadeBatch, settings: BatchSettings, numbers: RecordNumbers): Batch {
  const { batchSize } = settings;
  const fact = (value: (record: CropRecord) => number): HostTensor<'int32'> => {
    const values = new Int32Array(batchSize).fill(-1);
    task.items.forEach(({ record }, place) => (values[place] = value(record)));
    return hostTensor(values, [batchSize], 'int32');
  };
  const index = new Int32Array(batchSize).fill(-1);
  task.items.forEach((item, place) => (index[place] = item.index));
  const { clothes } = numbers;
  const tensors: BatchTensors = {
    index: hostTensor(index, [batchSize], 'int32'),
    images: hostTensor(made.images, [batchSize, made.height, made.width, 3]),
    labels: fact(({ identity }) => numbers.labels.labelOf(identity)),
    cameras: fact(({ camera }) => camera ?? -1),
    views: fact(({ view }) => view ?? -1),
    domains: fact((record) => domainOf(record, numbers.domains)),
    valid: hostTensor(made.valid, [batchSize], 'bool'),
    toOriginal: hostTensor(made.toOriginal, [batchSize, 2, 3]),
    ...(clothes ? { clothesLabels: fact((record) => clothes.labelOf(record.clothes)) } : {}),
    ...optionalTensors(made, settings),
  };
  const captions = Array.from({ length: batchSize }, (_, place) => task.items[place]?.record.captions ?? []);
  return {
    epoch: task.epoch,
    number: task.number,
    tensors,
    skipped: made.skipped,
    ...(settings.fields.captions ? { captions } : {}),
  };
}
