import { join } from 'node:path';
import { matrixProduct } from '@reidkit/backend-onnx';
import { type Descriptors, type HostTensor, readSafetensors, type RetrievalSide } from '@reidkit/core-tensor';
import { cosineScorer, kReciprocal, market1501, takeDescriptors } from '@reidkit/eval';
import type { MakeCase } from '../measure.ts';

/** k-reciprocal re-ranking of the features that the peer wrote: all final distances of queries to gallery. */
export const makeCase: MakeCase = async (_name, { threads, tiny, features }) => {
  if (!features) throw new Error('--features DIR is needed: the folder that the peer wrote its features to.');
  const { tensors } = await readSafetensors(join(features, `rerank${tiny ? '-tiny' : ''}.safetensors`));
  const side = (key: string): RetrievalSide => ({
    descriptors: { count: tensors[`${key}f`]!.shape[0]!, tensors: { global: tensors[`${key}f`]! } },
    facts: {
      identities: (tensors[`${key}p`] as HostTensor<'int32'>).data,
      cameras: (tensors[`${key}c`] as HostTensor<'int32'>).data,
    },
  });
  const [query, gallery] = [side('q'), side('g')];
  const scorer = cosineScorer();
  const product = matrixProduct({ threads });
  const reranker = kReciprocal();
  const everyone: Descriptors = takeDescriptors(query.descriptors, Array.from({ length: query.descriptors.count }, (_, i) => i)); // prettier-ignore
  const run = async () => {
    const reranked = await reranker.apply({ query: query.descriptors, gallery: gallery.descriptors, scorer }, { product });
    return reranked.scorer.prepare(reranked.gallery, product).distances(everyone);
  };
  const before = await market1501().evaluate(query, gallery, scorer, { product });
  const reranked = await reranker.apply({ query: query.descriptors, gallery: gallery.descriptors, scorer }, { product });
  const after = await market1501().evaluate(query, gallery, reranked.scorer, { product });
  return {
    run,
    report: (last) => ({ value: (last as Float32Array).reduce((sum, distance) => sum + distance, 0) }),
    fields: { map: after.mAP, rank1: after.cmc[0], map_before: before.mAP },
  };
};
