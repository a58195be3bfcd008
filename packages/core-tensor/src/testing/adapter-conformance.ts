import { EVALUATION, trainingContext, type Context } from '../context.ts';
import { hostTensor, type HostTensors } from '../host-tensor.ts';
import type { Adapter, AttachedAdapter } from '../kinds/adapter.ts';
import { Module, disposeModule, initializeParameters, loadStateDict, namedParameters, stateDict, withParameters } from '../module.ts';
import { Random } from '../random.ts';
import { valueAndGradients } from '../step.ts';
import { addN, disposeAll, fill, mul, readTensors, scoped, sum, tensorMemory, toTensor, zeros, type Tensors } from '../tensor.ts';
import { demand, demandEqual, demandRefusal, type ConformanceCheck } from './conformance-check.ts';
import { moduleChecks, numbersOf } from './module-checks.ts';

/** What the adapter is tried on. */
export interface AdapterConformanceOptions<M extends Module> {
  /** Builds the module that it is attached to, without numbers. */
  readonly module: () => M;
  /** Outputs of the module by name; called within a scope, for the bare module too. */
  readonly run: (module: M, ctx: Context) => Tensors;
  /** Whether the module computes the same before anything is learned. Default: true. */
  readonly startsEqual?: boolean;
  /** Largest difference that merging makes, as a share of the largest number. Default: 1e-5. */
  readonly tolerance?: number;
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');
const paths = (module: Module): string[] => [...namedParameters(module)].map(([path]) => path);
const pick = (numbers: HostTensors, names: readonly string[]): HostTensors =>
  Object.fromEntries(names.map((name) => [name, numbers[name]!]));

/** A context for training in which nothing is dropped. */
const keeping = (): Context =>
  trainingContext({ draws: { uniform: (shape) => fill([...shape], 0.9999), normal: (shape) => zeros([...shape]) } });

/** A module with first numbers and the adapter on it. */
interface Scene<M extends Module> {
  readonly bare: M;
  readonly before: readonly string[];
  readonly attached: AttachedAdapter<M>;
}

/** Gives every parameter that was added numbers as training might have left them. */
function learn<M extends Module>({ attached }: Scene<M>): void {
  for (const [path, parameter] of namedParameters(attached.module)) {
    if (!attached.added.includes(path)) continue;
    const numbers = Random.seed(21)
      .fork(path)
      .normal(
        parameter.shape.reduce((a, b) => a * b, 1),
        0.3,
      );
    parameter.assign(hostTensor(numbers, parameter.shape));
  }
}

/** Gradients of the added parameters of everything that the module gives, each number with a factor of its own. */
async function addedGradients<M extends Module>({ attached }: Scene<M>, run: AdapterConformanceOptions<M>['run']): Promise<HostTensors> {
  const { module, added } = attached;
  const variables = Object.fromEntries(
    [...namedParameters(module)].filter(([path]) => added.includes(path)).map(([path, { value }]) => [path, value]),
  );
  const gradients = scoped(
    () =>
      valueAndGradients((values) => {
        const outputs = withParameters(module, values, () => run(module, keeping()));
        const parts = Object.entries(outputs).map(([name, value]) =>
          sum(mul(value, toTensor(hostTensor(Random.seed(7).fork(name).normal(value.size), value.shape)))),
        );
        return { value: addN(parts), rest: {} };
      }, variables).gradients,
  );
  const numbers = await readTensors(gradients);
  disposeAll(gradients);
  return numbers;
}

const isSilent = (numbers: HostTensors, path: string): boolean => !numbers[path] || numbers[path].data.every((value) => value === 0);

/** What every adapter keeps to. `make` gives the adapter; a new one for every check, or always the same. */
export function adapterConformance<M extends Module>(make: () => Adapter, options: AdapterConformanceOptions<M>): ConformanceCheck[] {
  const { module: build, run, startsEqual = true, tolerance = 1e-5 } = options;
  const outputsOf = (module: M): Promise<HostTensors> => numbersOf({ make: build, run }, module, EVALUATION);

  const onScene = (f: (scene: Scene<M>) => Promise<void> | void) => async (): Promise<void> => {
    const bare = build();
    const before = paths(bare);
    const attached = make().attach(bare);
    initializeParameters(attached.module, Random.seed(1));
    try {
      await f({ bare, before, attached });
    } finally {
      disposeModule(attached.module);
      disposeModule(bare);
    }
  };
  /** What the bare module gives with the numbers that it has in a scene. */
  const bareOutputs = async ({ attached, before }: Scene<M>): Promise<HostTensors> => {
    const other = build();
    loadStateDict(other, pick(await stateDict(attached.module), before));
    const outputs = await outputsOf(other);
    disposeModule(other);
    return outputs;
  };

  return [
    {
      title: 'adds parameters and leaves all names that were there',
      check: onScene(({ before, attached: { module, added } }) => {
        const after = paths(module);
        const gone = before.filter((path) => !after.includes(path));
        demand(gone.length === 0, `It takes the names ${quoted(gone)} away.`);
        const unsaid = after.filter((path) => !before.includes(path) && !added.includes(path));
        demand(unsaid.length === 0, `It adds ${quoted(unsaid)} and does not say so.`);
        const missing = added.filter((path) => !after.includes(path) || before.includes(path));
        demand(missing.length === 0, `It says that it adds ${quoted(missing)}, and does not.`);
        demand(added.length > 0, 'It adds no parameter.');
      }),
    },
    {
      title: startsEqual ? 'computes the same as the bare module before anything is learned' : 'computes something else from the start',
      check: onScene(async (scene) => {
        const [bare, got] = [await bareOutputs(scene), await outputsOf(scene.attached.module)];
        if (startsEqual) return demandEqual('Before anything is learned', got, bare);
        const isSame = Object.keys(bare).every((name) => bare[name]!.data.every((value, i) => value === got[name]!.data[i]));
        demand(!isSame, 'It makes no difference at all.');
      }),
    },
    {
      title: 'changes what the module computes when its parameters change',
      check: onScene(async (scene) => {
        const first = await outputsOf(scene.attached.module);
        learn(scene);
        const then = await outputsOf(scene.attached.module);
        const isSame = Object.keys(first).every((name) => first[name]!.data.every((value, i) => value === then[name]!.data[i]));
        demand(!isSame, 'Its parameters make no difference.');
      }),
    },
    {
      title: 'lets a gradient reach its parameters from the first step on, and every one later',
      check: onScene(async (scene) => {
        const { added } = scene.attached;
        const first = await addedGradients(scene, run);
        demand(
          added.some((path) => !isSilent(first, path)),
          'No gradient reaches any of its parameters in the first step.',
        );
        learn(scene);
        const later = await addedGradients(scene, run);
        const silent = added.filter((path) => isSilent(later, path));
        demand(silent.length === 0, `No gradient reaches ${quoted(silent)}.`);
      }),
    },
    {
      title: 'leaves the module as it was when it is taken out, and nothing behind',
      check: async () => {
        const bare = build();
        initializeParameters(bare, Random.seed(1));
        const [names, want, tensors] = [paths(bare), await outputsOf(bare), tensorMemory().numTensors];
        const attached = make().attach(bare);
        initializeParameters(attached.module, Random.seed(2));
        disposeAll(scoped(() => run(attached.module, EVALUATION)));
        attached.detach();
        demand(paths(bare).join() === names.join(), `Taken out, the module has the names ${quoted(paths(bare))}.`);
        demandEqual('Taken out', await outputsOf(bare), want);
        const left = tensorMemory().numTensors - tensors;
        demand(left === 0, `Taken out, it leaves ${left} tensors behind.`);
        disposeModule(bare);
      },
    },
    {
      title: 'can be merged, if it says so, without another result, and back',
      check: onScene(async (scene) => {
        const { attached, bare, before } = scene;
        if (!attached.merge) return;
        learn(scene);
        const [numbers, want] = [await stateDict(attached.module), await outputsOf(attached.module)];
        const undo = await attached.merge();
        demand(paths(bare).join() === before.join(), `Merged, the module has the names ${quoted(paths(bare))}.`);
        demandEqual('Merged', await outputsOf(bare), want, tolerance);
        undo();
        demandEqual('Merged and back', await stateDict(attached.module), numbers);
        demandEqual('Merged and back', await outputsOf(attached.module), want);
      }),
    },
    {
      title: 'refuses a module that has no place for it',
      check: () =>
        demandRefusal('a module without any place for it', () => make().attach(new (class extends Module {})()), ['UNKNOWN_NAME']),
    },
    ...moduleChecks<M>({
      make: () => make().attach(build()).module,
      run,
      zeroGradients: () => true, // those behind a factor of zero; what was added is checked above
    }).filter(({ title }) => !title.startsWith('lets a gradient')),
  ];
}
