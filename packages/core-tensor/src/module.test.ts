import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from './backend.ts';
import { ReidError } from './errors.ts';
import { hostTensor, type HostTensors } from './host-tensor.ts';
import {
  Module,
  countParameters,
  disposeModule,
  initialState,
  initializeParameters,
  loadStateDict,
  namedParameters,
  stateDict,
  withParameters,
} from './module.ts';
import { buffer, normalInit, onesInit, parameter, zerosInit } from './parameter.ts';
import { Random } from './random.ts';
import { tensor, tensorMemory } from './tensor.ts';

class Layer extends Module {
  readonly weight = parameter([2, 3], normalInit(1));
  readonly bias = parameter([2], zerosInit, { trainable: false });
  readonly name = 'not a part of the tree';
}

class Net extends Module {
  readonly ln_1 = new Layer();
  readonly blocks = [new Layer(), new Layer()];
  readonly running_mean = buffer([4], onesInit);
  readonly #hidden = new Layer();
  readonly options = { layer: new Layer() };
  get hidden(): Layer {
    return this.#hidden;
  }
}

beforeAll(() => useBackend(referenceBackend));

const PATHS = ['ln_1.weight', 'ln_1.bias', 'blocks.0.weight', 'blocks.0.bias', 'blocks.1.weight', 'blocks.1.bias', 'running_mean'];
const net = (seed = 1): Net => {
  const model = new Net();
  initializeParameters(model, Random.seed(seed));
  return model;
};

describe('the tree of parameters', () => {
  it('is named by fields and places, in order; private fields and plain data are no part of it', () => {
    expect([...namedParameters(new Net())].map(([path]) => path)).toEqual(PATHS);
    expect([...namedParameters(parameter([1], zerosInit), 'alone')].map(([path]) => path)).toEqual(['alone']);
    expect([...namedParameters({ weight: parameter([1], zerosInit) })]).toEqual([]);
  });

  it('is known by a mark, over copies of the package', () => {
    expect([Module.is(new Layer()), Module.is({}), Module.is(null)]).toEqual([true, false, false]);
    expect(Module.is({ [Symbol.for('reidkit.module')]: true })).toBe(true);
  });

  it('is counted without holding a number', () => {
    const before = tensorMemory().numTensors;
    expect(countParameters(new Net())).toEqual({ total: 24, trainable: 18 });
    expect(tensorMemory().numTensors).toBe(before);
  });
});

describe('first numbers', () => {
  it('depend on the seed and the path alone, and leave numbers that are there', async () => {
    const model = new Net();
    model.blocks[1]!.weight.assign(hostTensor([1, 2, 3, 4, 5, 6], [2, 3]));
    initializeParameters(model, Random.seed(1));
    const numbers = await stateDict(model);
    const want = initialState(new Net(), Random.seed(1));
    expect(numbers['blocks.0.weight']).toEqual(want['blocks.0.weight']);
    expect([...numbers['blocks.1.weight']!.data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(want['blocks.0.weight']!.data).not.toEqual(want['ln_1.weight']!.data);
    class Reordered extends Module {
      readonly blocks = [new Layer(), new Layer()];
      readonly ln_1 = new Layer();
    }
    expect(initialState(new Reordered(), Random.seed(1))['ln_1.weight']).toEqual(want['ln_1.weight']);
    disposeModule(model);
  });

  it('let two models of the same names live side by side', async () => {
    const [a, b] = [net(1), net(2)];
    expect((await stateDict(a))['ln_1.weight']).not.toEqual((await stateDict(b))['ln_1.weight']);
    for (const model of [a, b]) disposeModule(model);
  });
});

describe('loadStateDict', () => {
  const numbersOf = (seed = 2): Record<string, HostTensors[string]> => ({ ...initialState(new Net(), Random.seed(seed)) });

  it('takes every number by name', async () => {
    const model = net();
    expect(loadStateDict(model, numbersOf())).toEqual({ missing: [], unexpected: [] });
    expect(await stateDict(model)).toEqual(numbersOf());
    disposeModule(model);
  });

  it('lists everything that does not fit at once, and changes nothing', async () => {
    const model = net();
    const before = await stateDict(model);
    const { 'ln_1.bias': _, ...numbers } = numbersOf();
    const bad = { ...numbers, 'ln_1.bais': hostTensor([1, 2]), running_mean: hostTensor([1, 2], [2, 1]) };
    let error: unknown;
    try {
      loadStateDict(model, bad, { source: 'clip.safetensors' });
    } catch (thrown) {
      error = thrown;
    }
    expect(ReidError.is(error) && error.code).toBe('CHECKPOINT_MISMATCH');
    expect((error as Error).message.split('\n')).toEqual([
      'clip.safetensors does not fit the model (3 of 7 names):',
      '  - missing "ln_1.bias" [2]',
      '  - unexpected "ln_1.bais" [2]. Did you mean "ln_1.bias"?',
      '  - "running_mean" expected [4], got [2, 1]',
      '  hint: it was probably made by another architecture, size or number of identities.',
    ]);
    expect(await stateDict(model)).toEqual(before);
    disposeModule(model);
  });

  it('leaves out what may be left out, and says so', async () => {
    const model = net();
    const before = await stateDict(model);
    const { running_mean: _, ...numbers } = numbersOf();
    const report = loadStateDict(
      model,
      { ...numbers, 'head.weight': hostTensor([1]) },
      {
        allow: { missing: (path) => path.startsWith('running'), unexpected: (path) => path.startsWith('head.') },
      },
    );
    expect(report).toEqual({ missing: ['running_mean'], unexpected: ['head.weight'] });
    expect((await stateDict(model)).running_mean).toEqual(before.running_mean);
    disposeModule(model);
  });

  it('cuts a long list', () => {
    const foreign = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`layer.${i}`, hostTensor([1])]));
    expect(() => loadStateDict(new Net(), foreign)).toThrow('… and 77 more');
  });

  it('keeps as many tensors as there are parameters, however often it loads', () => {
    const before = tensorMemory().numTensors;
    const model = net();
    for (const seed of [2, 3]) loadStateDict(model, numbersOf(seed));
    expect(tensorMemory().numTensors).toBe(before + PATHS.length);
    disposeModule(model);
    expect(tensorMemory().numTensors).toBe(before);
  });

  it('cannot give numbers that are not there', async () => {
    await expect(stateDict(new Net())).rejects.toThrow('no numbers yet');
  });
});

describe('withParameters', () => {
  it('runs a model with other numbers and puts its own back', () => {
    const model = net();
    const own = model.ln_1.bias.value;
    const lent = tensor([5, 6]);
    const seen = withParameters(model, { 'ln_1.bias': lent }, () => model.ln_1.bias.value);
    expect([seen, model.ln_1.bias.value]).toEqual([lent, own]);
    expect(() => withParameters(model, { 'ln_1.bais': lent }, () => 1)).toThrow(
      'The model has no parameter "ln_1.bais". Did you mean "ln_1.bias"?',
    );
    lent.dispose();
    disposeModule(model);
  });
});
