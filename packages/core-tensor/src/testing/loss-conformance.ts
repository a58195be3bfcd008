import { seededDraws, trainingContext, EVALUATION, type Context } from '../context.ts';
import { hostTensor, type HostTensor, type HostTensors } from '../host-tensor.ts';
import type { Loss } from '../kinds/loss.ts';
import { Module, initializeParameters } from '../module.ts';
import { Random } from '../random.ts';
import { disposeAll, readTensor, readTensors, scoped, toTensors, type Tensor, type Tensors } from '../tensor.ts';
import {
  conformanceFaults,
  copyOf,
  demand,
  demandEqual,
  demandNumbers,
  demandRefusal,
  type ConformanceCheck,
} from './conformance-check.ts';
import { moduleChecks, type ModuleTrial } from './module-checks.ts';
import { gradientFaults, type DifferenceOptions } from './finite-differences.ts';
import { demandNoLeak } from './tensor-leak.ts';

/** What the loss is tried on. */
export interface LossConformanceOptions extends Omit<DifferenceOptions, 'of'> {
  /** Inputs by the loss's own names, everything that it reads. */
  readonly inputs: HostTensors;
  /** Inputs that a gradient must reach. Default: every float32 input that the loss reads from `outputs`. */
  readonly differentiable?: readonly string[];
  /** Inputs whose first axis is the batch, for a loss whose value does not depend on the order of the batch. */
  readonly batchInputs?: readonly string[];
  /** Inputs that do not fit together, which the loss must refuse. */
  readonly misshapen?: readonly HostTensors[];
}

const NAMESPACE = /^(outputs|batch|state|artefact)\../;

/** Passes on a record and notes names that are asked for and not in it. */
function watched(inputs: Tensors, unknown: Set<string>): Tensors {
  return new Proxy(inputs, {
    get: (target, name) => {
      if (typeof name === 'string' && !(name in target)) unknown.add(name);
      return Reflect.get(target, name) as Tensor;
    },
  });
}

function permuted({ dtype, shape, data }: HostTensor, order: readonly number[]): HostTensor {
  const size = data.length / shape[0]!;
  return hostTensor(
    order.flatMap((row) => [...data.subarray(row * size, (row + 1) * size)]),
    shape,
    dtype,
  );
}

/** What every loss keeps to. `make` gives the loss; a new one for every check, or always the same. */
export function lossConformance(make: () => Loss, options: LossConformanceOptions): ConformanceCheck[] {
  const { inputs, batchInputs, misshapen } = options;
  const ready = (): Loss => {
    const loss = make();
    if (Module.is(loss)) initializeParameters(loss, Random.seed(1));
    return loss;
  };
  const context = (): Context => trainingContext({ draws: seededDraws(Random.seed(3).fork('loss')) });
  const declared = (loss: Loss): HostTensors => Object.fromEntries(Object.keys(loss.reads).flatMap((name) => (inputs[name] ? [[name, inputs[name]]] : []))); // prettier-ignore
  const valueOf = async (loss: Loss, numbers: HostTensors, ctx = context()): Promise<HostTensor> => {
    const tensors = toTensors(numbers);
    const value = scoped(() => loss.compute(tensors, ctx));
    const number = await readTensor(value);
    disposeAll({ ...tensors, value });
    return number;
  };
  const checks: ConformanceCheck[] = [
    {
      title: 'gives a finite scalar',
      async check() {
        const loss = ready();
        const value = await valueOf(loss, declared(loss));
        demand(value.dtype === 'float32', `The loss is of ${value.dtype} instead of float32.`);
        demandNumbers('the loss', value, []);
      },
    },
    {
      title: 'reads only what it declares, under names of a namespace',
      check() {
        const loss = ready();
        for (const [name, from] of Object.entries(loss.reads)) {
          demand(NAMESPACE.test(from), `It reads "${name}" from "${from}", which is in none of outputs, batch, state, artefact.`);
          demand(name in inputs, `It declares the input "${name}", which the options of this suite do not give.`);
        }
        const tensors = toTensors(declared(loss));
        const unknown = new Set<string>();
        try {
          disposeAll({ value: scoped(() => loss.compute(watched(tensors, unknown), context())) });
        } catch (error) {
          if (unknown.size === 0) throw error;
        }
        disposeAll(tensors);
        const names = [...unknown].map((name) => `"${name}"`).join(', ');
        demand(unknown.size === 0, `It reads ${names}, which it does not declare.`);
      },
    },
    {
      title: 'gives the same value for the same inputs and draws',
      async check() {
        const loss = ready();
        const first = await valueOf(loss, declared(loss));
        demandEqual('A second call', { value: await valueOf(loss, declared(loss)) }, { value: first });
      },
    },
    {
      title: 'works in evaluation, without draws',
      async check() {
        const loss = ready();
        demandNumbers('the loss in evaluation', await valueOf(loss, declared(loss), EVALUATION), []);
      },
    },
    {
      title: 'leaves its inputs as they are',
      async check() {
        const loss = ready();
        const before = copyOf(declared(loss));
        const tensors = toTensors(copyOf(before));
        disposeAll({ value: scoped(() => loss.compute(tensors, context())) });
        const gone = Object.keys(tensors).filter((name) => tensors[name]!.isDisposed);
        demand(gone.length === 0, `It disposes of its input "${gone.join('", "')}".`);
        demandEqual('It changes its inputs', await readTensors(tensors), before);
        disposeAll(tensors);
      },
    },
    {
      title: 'leaks no tensor',
      check() {
        const loss = ready();
        const tensors = toTensors(declared(loss));
        demandNoLeak('The loss', () => ({ value: loss.compute(tensors, context()) }));
        disposeAll(tensors);
      },
    },
    {
      title: 'has the gradient that differences measure',
      async check() {
        const loss = ready();
        const numbers = declared(loss);
        const usual = Object.keys(numbers).filter((name) => loss.reads[name]?.startsWith('outputs.') && numbers[name]!.dtype === 'float32');
        const of = options.differentiable ?? usual;
        const faults = await gradientFaults((values) => loss.compute(values, context()), numbers, { ...options, of });
        demand(faults.length === 0, faults.join(' '));
      },
    },
    {
      title: 'keeps learned state as a module does, if it has any',
      async check() {
        if (!Module.is(make())) return;
        const tensors = toTensors(declared(make()));
        const learned: ModuleTrial<Loss & Module> = {
          make: () => make() as Loss & Module,
          run: (loss, ctx) => ({ value: loss.compute(tensors, ctx) }),
        };
        const faults = await conformanceFaults(moduleChecks(learned));
        disposeAll(tensors);
        demand(faults.length === 0, faults.join(' '));
      },
    },
  ];
  if (batchInputs) {
    checks.push({
      title: 'does not depend on the order of the batch',
      async check() {
        const loss = ready();
        const count = inputs[batchInputs[0]!]!.shape[0]!;
        const order = Random.seed(5)
          .stream()
          .shuffle([...Array(count).keys()]);
        const moved = Object.fromEntries(batchInputs.map((name) => [name, permuted(inputs[name]!, order)]));
        const value = await valueOf(loss, declared(loss));
        demandEqual('Another order of the batch', { value: await valueOf(loss, { ...declared(loss), ...moved }) }, { value }, 1e-5);
      },
    });
  }
  misshapen?.forEach((numbers, i) =>
    checks.push({
      title: `refuses inputs that do not fit together (${i + 1})`,
      check: () => demandRefusal('misshapen inputs', () => valueOf(ready(), numbers), ['SHAPE_MISMATCH', 'INVALID_ARGUMENT']),
    }),
  );
  return checks;
}
