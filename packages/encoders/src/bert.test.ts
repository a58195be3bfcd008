import {
  EVALUATION,
  Random,
  ReidError,
  disposeModule,
  hostTensor,
  initializeParameters,
  namedParameters,
  referenceBackend,
  scoped,
  seededDraws,
  stateDict,
  sum,
  tensor,
  trainingContext,
  useBackend,
  valueAndGradients,
  withParameters,
  type Context,
  type HostTensors,
  type Tensor,
  type TextCall,
} from '@reidkit/core-tensor';
import { textEncoderConformance } from '@reidkit/core-tensor/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { BERT_ALBEF, BERT_BASE, bert, type BertOptions } from './bert.ts';
import { BertForMaskedWords } from './masked-word-head.ts';

beforeAll(() => useBackend(referenceBackend));

const SMALL = {
  vocabulary: 11,
  width: 6,
  depth: 3,
  fusionLayer: 1,
  heads: 2,
  hidden: 8,
  length: 7,
  sideWidth: 5,
  dropout: 0,
  attentionDropout: 0,
} satisfies BertOptions;
const [B, N, M] = [2, 4, 3];
const IDS = [2, 5, 3, 0, 2, 7, 8, 3];
const MASK = [1, 1, 1, 0, 1, 1, 1, 1];

const ids = (values: readonly number[] = IDS): Tensor => tensor([...values], [values.length / N, N], 'int32');
const mask = (values: readonly number[] = MASK): Tensor => tensor([...values], [values.length / N, N], 'int32');
const side = (): NonNullable<TextCall['side']> => ({
  tokens: tensor(Random.seed(4).normal(B * M * 5), [B, M, 5]),
  mask: tensor([1, 1, 0, 1, 1, 1], [B, M]),
});
const made = (options: BertOptions = SMALL) => {
  const model = bert(options);
  initializeParameters(model, Random.seed(1));
  return model;
};
const list = (f: () => Tensor): number[] => scoped(() => [...f().dataSync()]);
const training = (name = 'step'): Context => trainingContext({ draws: seededDraws(Random.seed(3).fork(name)) });

describe.each<[string, BertOptions]>([
  ['that sees the text alone', { ...SMALL, fusionLayer: 3, dropout: 0.1 }],
  ['in two halves', { ...SMALL, attentionDropout: 0.1 }],
])('encoder/bert %s', (_name, options) => {
  const suite = textEncoderConformance(() => bert(options), { vocabulary: 11 });
  // A text alone goes through the first half only; below gradients are looked for with side tokens.
  const isSilent = (title: string): boolean => options.fusionLayer === 1 && title.startsWith('lets a gradient');
  for (const { title, check } of suite.filter(({ title: name }) => !isSilent(name))) it(title, check);
});

describe('bert', () => {
  it('names its parameters as ALBEF does', () => {
    const paths = [...namedParameters(bert({ ...SMALL, depth: 2 }))].map(([path]) => path);
    const layer = (prefix: string, parts: readonly string[]): string[] =>
      parts.flatMap((part) => [`${prefix}.${part}.weight`, `${prefix}.${part}.bias`]);
    const attention = ['self.query', 'self.key', 'self.value', 'output.dense', 'output.LayerNorm'];
    expect(paths).toEqual([
      'embeddings.word_embeddings.weight',
      'embeddings.position_embeddings.weight',
      'embeddings.token_type_embeddings.weight',
      'embeddings.LayerNorm.weight',
      'embeddings.LayerNorm.bias',
      ...layer('encoder.layer.0.attention', attention),
      ...layer('encoder.layer.0', ['intermediate.dense', 'output.dense', 'output.LayerNorm']),
      ...layer('encoder.layer.1.attention', attention),
      ...layer('encoder.layer.1.crossattention', attention),
      ...layer('encoder.layer.1', ['intermediate.dense', 'output.dense', 'output.LayerNorm']),
    ]);
  });

  it.each([
    ['BERT-base', BERT_BASE, 108_891_648],
    ['ALBEF', BERT_ALBEF, 123_075_072],
  ] as const)('has the size of %s', (_name, options, size) => {
    const count = [...namedParameters(bert(options))].reduce((total, [, { shape }]) => total + shape.reduce((a, b) => a * b, 1), 0);
    expect(count).toBe(size);
  });

  it('gives for a text with side tokens what it gives for the text, fused', () => {
    const model = made();
    const text = { ids: ids(), mask: mask() };
    const whole = list(() => model.forward(text, EVALUATION, { side: side() }).tokens);
    const halves = list(() => model.fuse(model.forward(text, EVALUATION), EVALUATION, side()).tokens);
    expect(halves).toEqual(whole);
    expect(whole).not.toEqual(list(() => model.forward(text, EVALUATION).tokens));
    disposeModule(model);
  });

  it('sees neither padded words nor padded side tokens', () => {
    const model = made();
    const summary = (values: readonly number[], of: NonNullable<TextCall['side']>): number[] =>
      list(() => model.forward({ ids: ids(values), mask: mask() }, EVALUATION, { side: of }).summary);
    const { tokens, mask: counts } = side();
    const other = tokens.dataSync().map((value, i) => (i >= 2 * 5 && i < 3 * 5 ? 9 : value));
    expect(summary([2, 5, 3, 9, 2, 7, 8, 3], { tokens: tensor(other, [B, M, 5]), mask: counts! })).toEqual(summary(IDS, side()));
    disposeModule(model);
  });

  it('takes vectors in the place of words, and a text alone as in a batch', () => {
    const model = made();
    const own = list(() => model.forward({ ids: ids(), mask: mask() }, EVALUATION).tokens);
    expect(list(() => model.forward({ ids: ids(), mask: mask(), embeddings: model.embed(ids()) }, EVALUATION).tokens)).toEqual(own);
    const alone = list(() => model.forward({ ids: ids(IDS.slice(N)), mask: mask(MASK.slice(N)) }, EVALUATION).tokens);
    alone.forEach((value, i) => expect(value).toBeCloseTo(own[N * 6 + i]!, 5));
    disposeModule(model);
  });

  it('lets gradients reach every parameter in use, and none the vector of padding', () => {
    const model = made();
    const parameters = Object.fromEntries([...namedParameters(model)].map(([path, { value }]) => [path, value]));
    const { gradients } = valueAndGradients((values) => {
      const { tokens } = withParameters(model, values, () => model.forward({ ids: ids(), mask: mask() }, training(), { side: side() }));
      const factors = tensor(Random.seed(8).normal(tokens.size), tokens.shape);
      return { value: sum(tokens.mul(factors)), rest: {} };
    }, parameters);
    const silent = Object.keys(parameters).filter((path) => !gradients[path] || gradients[path].dataSync().every((value) => value === 0));
    expect(silent).toEqual([]);
    expect([...gradients['embeddings.word_embeddings.weight']!.dataSync().slice(0, 6)]).toEqual([0, 0, 0, 0, 0, 0]);
    disposeModule(model);
  });

  it('drops in training only, by the draws', () => {
    const model = made({ ...SMALL, dropout: 0.3, attentionDropout: 0.3 });
    const run = (ctx: Context): number[] => list(() => model.forward({ ids: ids() }, ctx).tokens);
    expect(run(training())).toEqual(run(training()));
    expect(run(training())).not.toEqual(run(training('other')));
    expect(run(training())).not.toEqual(run(EVALUATION));
    expect(run(EVALUATION)).toEqual(run(EVALUATION));
    disposeModule(model);
  });

  it('computes layers again on the way back with the same numbers', () => {
    const [kept, again] = [made({ ...SMALL, dropout: 0.2 }), made({ ...SMALL, dropout: 0.2, recompute: true })];
    const gradient = (model: typeof kept): number[] =>
      scoped(() => {
        const { gradients } = valueAndGradients(
          ({ w }) => ({
            value: sum(
              withParameters(
                model,
                { 'encoder.layer.0.intermediate.dense.weight': w! },
                () => model.forward({ ids: ids() }, training()).tokens,
              ).square(),
            ),
            rest: {},
          }),
          { w: [...namedParameters(model)].find(([path]) => path === 'encoder.layer.0.intermediate.dense.weight')![1].value },
        );
        return [...gradients.w!.dataSync()];
      });
    gradient(again).forEach((value, i) => expect(value).toBeCloseTo(gradient(kept)[i]!, 5));
  });

  it('refuses what it cannot do', () => {
    const model = made({ ...SMALL, fusionLayer: 3 });
    const forward = (of: number, call?: TextCall) => (): unknown =>
      scoped(() => model.forward({ ids: tensor(new Int32Array(of), [1, of], 'int32') }, EVALUATION, call).tokens);
    expect(forward(8)).toThrow('BertTransformer expected at most 7 words, got [1, 8].');
    expect(forward(2, { side: side() })).toThrow('none of its layers attends to any');
    expect(() => scoped(() => model.fuse(model.forward({ ids: ids() }, EVALUATION), EVALUATION, side()).tokens)).toThrow(ReidError);
    expect(() => bert({ ...SMALL, fusionLayer: 4 })).toThrow('expected at most \\"depth\\"');
    disposeModule(model);
  });

  it('takes checkpoints of the models around it', () => {
    const model = bert(SMALL);
    const numbers: HostTensors = {
      'text_encoder.bert.embeddings.word_embeddings.weight': hostTensor([1]),
      'text_encoder.bert.embeddings.position_ids': hostTensor([0], [1], 'int32'),
      'text_encoder.cls.predictions.bias': hostTensor([1]),
      'visual_encoder.norm.weight': hostTensor([1]),
      'text_encoder_m.bert.embeddings.word_embeddings.weight': hostTensor([1]),
    };
    expect(Object.keys(model.adaptCheckpoint(numbers))).toEqual(['embeddings.word_embeddings.weight']);
    expect(Object.keys(new BertForMaskedWords(model).adaptCheckpoint(numbers))).toEqual([
      'bert.embeddings.word_embeddings.weight',
      'cls.predictions.bias',
    ]);
  });
});

describe('BertForMaskedWords', () => {
  it('scores words by their own vectors, and has no table of its own', async () => {
    const model = new BertForMaskedWords(bert(SMALL));
    initializeParameters(model, Random.seed(2));
    const scores = scoped(() => model.scores(model.bert.forward({ ids: ids() }, EVALUATION).tokens, EVALUATION).shape);
    expect(scores).toEqual([B, N, 11]);
    const names = Object.keys(await stateDict(model)).filter((path) => path.startsWith('cls.'));
    expect(names).toEqual([
      'cls.predictions.transform.dense.weight',
      'cls.predictions.transform.dense.bias',
      'cls.predictions.transform.LayerNorm.weight',
      'cls.predictions.transform.LayerNorm.bias',
      'cls.predictions.bias',
    ]);
    disposeModule(model);
  });
});
