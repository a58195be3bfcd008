import { type CropRecord, type Dataset, hostTensor, type HostTensors, type Protocol, type RetrievalSide } from '@reidkit/core-tensor';
import { createLoader, sequential } from '@reidkit/datasets';
import { colourHistogram, l1Scorer, market1501, summarize, type RetrievalSummary } from '@reidkit/eval';
import { cropsOf } from '@reidkit/trainer';

// The middle of a crop holds more of the person and less of what stands behind: a stronger matcher than the whole image.
const HEIGHT = 96;
const WIDTH = 32;

async function histograms(root: string, records: readonly CropRecord[], workers: number): Promise<RetrievalSide> {
  const loader = await createLoader({
    root,
    records,
    workers,
    seed: 0,
    sampler: sequential({ batchSize: 64 }),
    transforms: [
      { use: 'transform/resize', options: { height: 128, width: 64, filter: 'bilinear' } },
      { use: 'transform/center-crop', options: { height: HEIGHT, width: WIDTH } },
    ],
  });
  const rows: Float32Array[] = [];
  try {
    for await (const { tensors } of loader.epoch(0)) {
      tensors.valid.data.forEach((isValid, at) => {
        if (!isValid) return;
        const floats = tensors.images.data.subarray(at * HEIGHT * WIDTH * 3, (at + 1) * HEIGHT * WIDTH * 3);
        rows.push(
          colourHistogram({ width: WIDTH, height: HEIGHT, channels: 3, data: Uint8Array.from(floats, (value) => Math.round(value * 255)) }),
        );
      });
    }
  } finally {
    await loader.close();
  }
  const width = rows[0]!.length;
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, i) => data.set(row, i * width));
  const tensors: HostTensors = { global: hostTensor(data, [rows.length, width]) };
  return {
    descriptors: { count: rows.length, tensors },
    facts: {
      identities: Int32Array.from(records, ({ identity }) => identity),
      cameras: Int32Array.from(records, ({ camera }) => camera ?? -1),
    },
  };
}

/** How well colours alone find people in a data set: the histogram of the middle of each image, compared by absolute differences. */
export async function colourBaseline(dataset: Dataset, workers: number): Promise<RetrievalSummary & { readonly curve: readonly number[] }> {
  const protocol: Protocol = market1501();
  const query = await histograms(dataset.root, cropsOf(dataset, protocol.splits.query), workers);
  const gallery = await histograms(dataset.root, cropsOf(dataset, protocol.splits.gallery), workers);
  const result = await protocol.evaluate(query, gallery, l1Scorer({ descriptor: 'global' }));
  return { ...summarize(result), curve: result.cmc };
}
