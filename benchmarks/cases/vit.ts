import { onnxBackend } from '@reidkit/backend-onnx';
import { xlaBackend } from '@reidkit/backend-xla';
import {
  type Context, corePlugin, countParameters, createRegistry, crossEntropy, EVALUATION, hostTensor, type HostTensors, initialState, mean, Module, quickGelu,
  Random, reshape, sizeOf, slice, smoothedTargets, type Step, type StepReport, type Tensor, trainingContext, useBackend, valueAndGradients, withParameters,
} from '@reidkit/core-tensor'; // prettier-ignore
import { Attention, Block, LayerNorm, Linear, Mlp } from '@reidkit/encoders';
import type { Case, MakeCase } from '../measure.ts';

interface Size {
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  readonly patch: number;
  readonly tokens: number;
  readonly batch: number;
  readonly classes: number;
}

const SMALL: Size = { width: 192, heads: 3, layers: 4, patch: 768, tokens: 129, batch: 16, classes: 32 };
const BASE: Size = { width: 768, heads: 12, layers: 12, patch: 768, tokens: 129, batch: 4, classes: 751 };
const SIZES: Readonly<Record<string, Size>> = {
  'vit-train-step': SMALL,
  'vit-infer': SMALL,
  'vit-b-train-step': BASE,
  'vit-b-infer': { ...BASE, batch: 8 },
};
const TINY: Size = { width: 64, heads: 4, layers: 2, patch: 48, tokens: 33, batch: 4, classes: 8 };

/** The peer's plain ViT on ready patches, with one linear classifier. */
class PlainVit extends Module {
  readonly embed: Linear;
  readonly blocks: readonly Block[];
  readonly ln: LayerNorm;
  readonly fc: Linear;

  constructor({ width, heads, layers, patch, classes }: Size) {
    super();
    this.embed = new Linear({ inputs: patch, outputs: width });
    this.blocks = Array.from(
      { length: layers },
      () =>
        new Block({
          norm1: new LayerNorm({ width, epsilon: 1e-5 }),
          attn: new Attention({
            qkv: new Linear({ inputs: width, outputs: 3 * width }),
            proj: new Linear({ inputs: width, outputs: width }),
            heads,
          }),
          norm2: new LayerNorm({ width, epsilon: 1e-5 }),
          mlp: new Mlp({
            fc1: new Linear({ inputs: width, outputs: 4 * width }),
            fc2: new Linear({ inputs: 4 * width, outputs: width }),
            activation: quickGelu,
          }),
        }),
    );
    this.ln = new LayerNorm({ width, epsilon: 1e-5 });
    this.fc = new Linear({ inputs: width, outputs: classes });
  }

  /** `[B, N, patch] → [B, classes]` */
  forward(patches: Tensor, ctx: Context): Tensor {
    const tokens = this.blocks.reduce((x, block) => block.forward(x, ctx), this.embed.forward(patches, ctx));
    const [batch, , width] = tokens.shape as [number, number, number];
    return this.fc.forward(reshape(slice(this.ln.forward(tokens, ctx), [0, 0, 0], [batch, 1, width]), [batch, width]), ctx);
  }
}

function batchOf({ batch, tokens, patch, classes }: Size): HostTensors {
  const shape = [batch, tokens, patch];
  return {
    images: hostTensor(Random.seed(1).normal(sizeOf(shape)), shape),
    labels: hostTensor(Int32Array.from({ length: batch }, (_, i) => i % classes), [batch], 'int32'), // prettier-ignore
  };
}

export const makeCase: MakeCase = async (name, { threads, tiny, eager }): Promise<Case> => {
  const size = tiny ? TINY : SIZES[name]!;
  const isXla = process.env.REIDKIT_BACKEND === 'xla';
  const backend = await useBackend(isXla ? xlaBackend({ threads, eager }) : onnxBackend({ threads, eager }));
  const model = new PlainVit(size);
  const parameters = initialState(model, Random.seed(1));
  const fields = { parameters: countParameters(model).total };
  const batch = batchOf(size);
  if (name.endsWith('infer')) {
    const { labels: _labels, ...images } = batch;
    const step: Step = ({ parameters: values, batch: inputs }) => ({
      outputs: { logits: withParameters(model, values, () => model.forward(inputs.images!, EVALUATION)) },
    });
    const program = backend.makeProgram(step, { parameters });
    const value = (last: unknown): number => {
      const { data } = (last as StepReport).outputs.logits!;
      return (data as Float32Array).reduce((sum, x) => sum + Math.abs(x), 0) / data.length;
    };
    return {
      run: () => program.run({ batch: images }),
      explain: () => program.explain?.(),
      report: (last) => ({ value: value(last) }),
      fields,
    };
  }
  const optimizer = createRegistry(corePlugin).build({ use: 'optimizer/adam', options: { rate: 1e-4 } });
  const step: Step = ({ parameters: values, state, batch: { images, labels }, draws, hyper }) => {
    const { value, gradients } = valueAndGradients((variables) => {
      const ctx = trainingContext({ draws });
      const logits = withParameters(model, variables, () => model.forward(images!, ctx));
      return { value: mean(crossEntropy(logits, smoothedTargets(labels!, size.classes))), rest: {} };
    }, values);
    return { ...optimizer.update({ gradients, parameters: values, state, hyper }), losses: { total: value } };
  };
  const shapes = Object.fromEntries(Object.entries(parameters).map(([path, { shape }]) => [path, shape]));
  const program = backend.makeProgram(step, { parameters, state: optimizer.init(shapes), isGivenAway: true });
  const hyper = optimizer.hyper((rate) => rate);
  return {
    run: () => program.run({ batch, hyper }),
    explain: () => program.explain?.(),
    report: (last) => ({ value: (last as StepReport).losses.total }),
    fields,
  };
};
