import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { ReidError } from '../errors.ts';
import type { Adapter } from '../kinds/adapter.ts';
import { Module } from '../module.ts';
import { constantInit, parameter, zerosInit, type Parameter } from '../parameter.ts';
import { add, matMul, mul, tensor, type Tensor } from '../tensor.ts';
import { adapterConformance } from './adapter-conformance.ts';
import { conformanceFaults } from './conformance-check.ts';

beforeAll(() => useBackend(referenceBackend));

/** `x W`, and whatever somebody else makes of it. */
class Scale extends Module {
  readonly weight = parameter([2, 2], constantInit(0.5));
  after: ((y: Tensor) => Tensor) | undefined;

  forward(x: Tensor): Tensor {
    const y = matMul(x, this.weight.value);
    return this.after ? this.after(y) : y;
  }
}

interface Habits {
  readonly first?: number;
  readonly says?: readonly string[];
  readonly uses?: boolean;
  readonly frees?: boolean;
  readonly takesOut?: boolean;
  readonly merged?: number;
  readonly accepts?: boolean;
}

/** Adds `gain · y` to what a {@link Scale} gives. */
function gainAdapter({
  first = 0,
  says = ['gain'],
  uses = true,
  frees = true,
  takesOut = true,
  merged = 1,
  accepts = false,
}: Habits = {}): Adapter {
  return {
    attach(module) {
      if (!(module instanceof Scale)) {
        if (accepts) return { module, added: [], detach: () => undefined };
        throw new ReidError('UNKNOWN_NAME', 'There is no place.');
      }
      const tree = module as Scale & { gain?: Parameter };
      const gain = parameter([1], first === 0 ? zerosInit : constantInit(first));
      const out = (): void => {
        if (takesOut) delete tree.gain;
        tree.after = undefined;
      };
      const put = (): void => {
        tree.gain = gain;
        tree.after = uses ? (y) => add(y, mul(y, gain.value)) : undefined;
      };
      put();
      return {
        module,
        added: says,
        detach: () => {
          out();
          if (frees) gain.dispose();
        },
        merge: () => {
          const [by, old] = [gain.value.dataSync()[0]!, Float32Array.from(tree.weight.value.dataSync())];
          const assign = (data: Float32Array): void => tree.weight.assign({ dtype: 'float32', shape: [2, 2], data });
          assign(old.map((value) => value * (1 + merged * by)));
          out();
          return Promise.resolve(() => {
            put();
            assign(old);
          });
        },
      };
    },
  };
}

const faultsOf = (habits: Habits): Promise<string[]> =>
  conformanceFaults(
    adapterConformance(() => gainAdapter(habits), {
      module: () => new Scale(),
      run: (scale) => ({ y: scale.forward(tensor([1, 2], [1, 2])) }),
    }),
  );

describe('adapterConformance', () => {
  it('passes an adapter that keeps to everything', async () => {
    expect(await faultsOf({})).toEqual([]);
  });

  it.each<[string, Habits, string]>([
    ['starts as another module', { first: 0.1 }, 'Before anything is learned'],
    ['does not say what it adds', { says: [] }, 'It adds "gain" and does not say so.'],
    ['says more than it adds', { says: ['gain', 'loss'] }, 'It says that it adds "loss", and does not.'],
    ['does nothing with its parameters', { uses: false }, 'Its parameters make no difference.'],
    ['stays in the tree', { takesOut: false }, 'Taken out, the module has the names'],
    ['leaves memory behind', { frees: false }, 'Taken out, it leaves 1 tensors behind.'],
    ['merges something else', { merged: 2 }, 'Merged'],
    ['goes anywhere', { accepts: true }, 'It accepts a module without any place for it without a word.'],
  ])('finds one that %s', async (_name, habits, sentence) => {
    expect((await faultsOf(habits)).join('\n')).toContain(sentence);
  });
});
