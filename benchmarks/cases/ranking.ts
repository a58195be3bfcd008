import { join } from 'node:path';
import { matrixProduct } from '@reidkit/backend-onnx';
import { type HostTensor, readSafetensors, type RetrievalResult, type RetrievalSide } from '@reidkit/core-tensor';
import { cosineScorer, market1501 } from '@reidkit/eval';
import type { MakeCase } from '../measure.ts';

/** Ranking at Market-1501's size on features that the peer wrote: cosine, CMC and mAP. */
export const makeCase: MakeCase = async (_name, { threads, tiny, features }) => {
  if (!features) throw new Error('--features DIR is needed: the folder that the peer wrote its features to.');
  const { tensors } = await readSafetensors(join(features, `rank-market${tiny ? '-tiny' : ''}.safetensors`));
  const side = (key: string): RetrievalSide => ({
    descriptors: { count: tensors[`${key}f`]!.shape[0]!, tensors: { global: tensors[`${key}f`]! } },
    facts: {
      identities: (tensors[`${key}p`] as HostTensor<'int32'>).data,
      cameras: (tensors[`${key}c`] as HostTensor<'int32'>).data,
    },
  });
  const query = side('q');
  const gallery = side('g');
  const scorer = cosineScorer();
  const protocol = market1501();
  const product = matrixProduct({ threads });
  return {
    run: () => protocol.evaluate(query, gallery, scorer, { product }),
    report: (last) => ({ value: (last as RetrievalResult).mAP, rank1: (last as RetrievalResult).cmc[0] }),
  };
};
