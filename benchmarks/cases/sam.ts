import { onnxBackend } from '@reidkit/backend-onnx';
import { countParameters, EVALUATION, hostTensor, initialState, mean, Random, square, type Step, type StepReport, useBackend, withParameters } from '@reidkit/core-tensor'; // prettier-ignore
import { SAM_VIT_B, SamEncoder } from '@reidkit/segmenter';
import type { Case, MakeCase } from '../measure.ts';

const { imageSize: side, ...BASE } = SAM_VIT_B;
const TINY = { patch: 16, width: 64, depth: 4, heads: 4, mlpRatio: 2, outputWidth: 32, window: 4, globalLayers: [1, 3] };

/** The image encoder of ViT-B on one image of 1024 pixels. */
export const makeCase: MakeCase = async (_name, { threads, tiny, eager }): Promise<Case> => {
  const backend = await useBackend(onnxBackend({ threads, eager }));
  const pixels = tiny ? 128 : side;
  const model = new SamEncoder({ ...(tiny ? TINY : BASE), imageSize: [pixels, pixels] });
  const step: Step = ({ parameters, batch }) =>
    withParameters(model, parameters, () => {
      const { patches } = model.forward(batch.images!, EVALUATION);
      return { outputs: { patches, value: mean(square(patches)) } };
    });
  const program = backend.makeProgram(step, { parameters: initialState(model, Random.seed(1)) });
  const images = hostTensor(Random.seed(2).normal(pixels * pixels * 3), [1, pixels, pixels, 3]);
  return {
    run: () => program.run({ batch: { images } }),
    explain: () => program.explain?.(),
    report: (last) => ({ value: (last as StepReport).outputs.value!.data[0]! }),
    fields: { parameters: countParameters(model).total },
  };
};
