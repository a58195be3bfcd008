import { add, Module, hostTensor, mean, mul, normalInit, parameter, Random, referenceBackend, square, sub, useBackend, createRegistry, corePlugin, buffer, zerosInit, type Context, type HostTensors, type Loss, type Model, type Optimizer, type Tensors, parseRecipe, eagerProgram } from '@reidkit/core-tensor'; // prettier-ignore
import { beforeAll, describe, expect, it } from 'vitest';
import type { BatchSource } from './batch-source.ts';
import { mixSources, type MixOptions } from './mix-sources.ts';
import type { StreamWay } from './stream-way.ts';
import { planStage } from './training-step.ts';

beforeAll(() => useBackend(referenceBackend));

/** Batches that say which stream, epoch and number they are of. */
function counted(name: number, perEpoch: (epoch: number) => number): BatchSource {
  return {
    batchSize: 1,
    batchCount: perEpoch,
    async *epoch(epoch, from = 0) {
      for (let at = from; at < perEpoch(epoch); at++)
        yield { tensors: { at: hostTensor([name, epoch, at], [3]) }, release: () => undefined };
    },
    close: () => Promise.resolve(),
  };
}

async function seen(source: BatchSource, epochs: readonly [epoch: number, from: number][]): Promise<string[]> {
  const list: string[] = [];
  for (const [epoch, from] of epochs) {
    for await (const { tensors } of source.epoch(epoch, from)) list.push(Object.entries(tensors).map(([name, { data }]) => `${name}=${[...data].join('.')}`).join(' ')); // prettier-ignore
  }
  return list;
}

const mixed = (mix: MixOptions['mix']): BatchSource =>
  mixSources(
    [
      { stream: 'a', share: 1, source: counted(1, () => 4) },
      { stream: 'b', share: 2, source: counted(2, (epoch) => 3 + epoch) },
    ],
    { mix, random: Random.seed(1) },
  );

describe('mixSources', () => {
  it('brings batches of every stream in a step, each in its own order and without end', async () => {
    expect((await seen(mixed('accumulate'), [[0, 0]])).slice(0, 2)).toEqual([
      'a/0/at=1.0.0 b/0/at=2.0.0 b/1/at=2.0.1',
      'a/0/at=1.0.1 b/0/at=2.0.2 b/1/at=2.1.0',
    ]);
  });

  it('brings one stream after the other', async () => {
    const steps = await seen(mixed('sequential'), [[0, 0]]);
    expect(steps.map((step) => step[0])).toEqual(['a', 'a', 'a', 'a', 'b', 'b', 'b']);
  });

  it('draws a stream by its share', async () => {
    const steps = await seen(
      mixed('sampled'),
      Array.from({ length: 60 }, (_, epoch) => [epoch, 0]),
    );
    const share = steps.filter((step) => step.startsWith('b')).length / steps.length;
    expect(share).toBeGreaterThan(0.6);
    expect(share).toBeLessThan(0.73);
  });

  it.each(['accumulate', 'sampled', 'sequential'] as const)('goes on from any step as if it had not stopped: %s', async (mix) => {
    const whole = await seen(mixed(mix), [[0, 0], [1, 0], [2, 0]]); // prettier-ignore
    const lengths = [0, 1, 2].map((epoch) => mixed(mix).batchCount(epoch));
    for (const [epoch, from] of [
      [0, 2],
      [1, 0],
      [1, 3],
      [2, 1],
    ] as const) {
      // prettier-ignore
      const rest = await seen(mixed(mix), [[epoch, from], ...[0, 1, 2].filter((later) => later > epoch).map((later): [number, number] => [later, 0])]); // prettier-ignore
      const before = lengths.slice(0, epoch).reduce((sum, length) => sum + length, from);
      expect(rest).toEqual(whole.slice(before));
    }
  });
});

/** One shared number per column, a head of its own for each task, and a buffer that counts. */
class Small extends Module implements Model {
  readonly shared = parameter([2], normalInit(1));
  readonly a = parameter([2], normalInit(1));
  readonly b = parameter([2], normalInit(1));
  readonly seen = buffer([1], zerosInit);
  readonly imageSize = [1, 1] as const;
  readonly reads = [];
  readonly gives = { training: [], evaluation: [] };

  forward(): Tensors {
    return {};
  }

  way(stream: 'a' | 'b', weight: number, share: number): StreamWay {
    const pass = {
      reads: ['x'],
      gives: { training: ['y'], evaluation: [] },
      forward: ({ x }: Tensors, ctx: Context): Tensors => {
        ctx.update(this.seen, add(this.seen.value, 1));
        return { y: mul(mul(x!, this.shared.value), this[stream].value) };
      },
    };
    const loss: Loss = { reads: { y: 'outputs.y', z: 'batch.z' }, compute: ({ y, z }) => mean(square(sub(y!, z!))) };
    return {
      stream,
      pass,
      losses: [{ name: 'fit', weight: 1, loss, reads: loss.reads }],
      reads: new Set(['x', 'z']),
      weight,
      share,
      isOnly: false,
    };
  }
}

describe('a step with several streams', () => {
  const stage = parseRecipe({
    name: 'small', model: { use: 'model/none' }, streams: { a: stream(), b: stream() }, evaluation: { transforms: [], protocol: { use: 'protocol/none' }, scorer: { use: 'scorer/none' } },
    stages: [{ name: 'train', epochs: 1, streams: ['a', 'b'], tasks: { a: task(), b: task() }, optimizer: { use: 'optimizer/sgd' }, schedule: { use: 'schedule/constant' } }],
  }).stages[0]!; // prettier-ignore

  function stream(): object {
    return { dataset: { use: 'dataset/none' }, sampler: { use: 'sampler/none' }, transforms: [] };
  }
  function task(): object {
    return { losses: { fit: { use: 'loss/none' } } };
  }

  const numbers = (seed: number): HostTensors[string] => hostTensor(Random.seed(seed).normal(6), [3, 2]);
  const batchOf = (seed: number): HostTensors => ({ x: numbers(seed), z: numbers(seed + 100) });
  const prefixed = (prefix: string, batch: HostTensors): HostTensors =>
    Object.fromEntries(Object.entries(batch).map(([name, value]) => [`${prefix}${name}`, value]));

  /** Descent with rate 1: what each parameter goes down by is its gradient. */
  async function gradients(
    ways: readonly StreamWay[],
    model: Small,
    batch: HostTensors,
  ): Promise<{ moved: Record<string, number[]>; seen: number; losses: object }> {
    // prettier-ignore
    const optimizer = createRegistry(corePlugin).use<Optimizer>({ use: 'optimizer/sgd', options: { rate: 1 } });
    const plan = planStage({ stage, model, ways, optimizer });
    const values = plan.values(Random.seed(1), { parameters: {}, state: {} });
    const program = eagerProgram(plan.step, values);
    const { losses } = await program.run({ batch, hyper: optimizer.hyper((rate) => rate), random: Random.seed(2) });
    const after = await program.read();
    program.dispose();
    const moved = Object.entries(after.parameters).map(([path, { data }]) => [
      path,
      [...data].map((value, i) => values.parameters[path]!.data[i]! - value),
    ]);
    return { moved: Object.fromEntries(moved) as Record<string, number[]>, seen: after.state['buffer.seen']!.data[0]!, losses };
  }

  it('has the sum of the gradients of its batches, weighted, and leaves heads of other streams alone', async () => {
    const model = new Small();
    const [a, b] = [model.way('a', 1, 1), model.way('b', 3, 2)];
    const joint = { ...prefixed('a/0/', batchOf(1)), ...prefixed('b/0/', batchOf(2)), ...prefixed('b/1/', batchOf(3)) };
    const whole = await gradients([a, b], model, joint);
    const alone = [
      { factor: 0.25, run: await gradients([a, b], model, prefixed('a/0/', batchOf(1))) },
      { factor: 0.75, run: await gradients([a, b], model, prefixed('b/0/', batchOf(2))) },
      { factor: 0.75, run: await gradients([a, b], model, prefixed('b/0/', batchOf(3))) },
    ];
    for (const [path, got] of Object.entries(whole.moved)) {
      got.forEach((value, i) =>
        expect(value).toBeCloseTo(
          alone.reduce((sum, { factor, run }) => sum + factor * run.moved[path]![i]!, 0),
          5,
        ),
      );
    }
    expect(alone[0]!.run.moved.b).toEqual([0, 0]);
    expect(whole.seen).toBe(3);
    expect(Object.keys(whole.losses)).toEqual(expect.arrayContaining(['a.fit', 'b.fit', 'b.total', 'total']));
    const swapped = await gradients([b, a], model, joint);
    for (const [path, got] of Object.entries(whole.moved)) got.forEach((value, i) => expect(swapped.moved[path]![i]).toBeCloseTo(value, 6));
  });

  it('is refused without tasks, with tasks for others, and with rows', () => {
    const broken = (changes: object): unknown => ({
      name: 'small', model: { use: 'model/none' }, streams: { a: stream(), b: stream() }, evaluation: { transforms: [], protocol: { use: 'protocol/none' }, scorer: { use: 'scorer/none' } },
      stages: [{ name: 'train', epochs: 1, streams: ['a', 'b'], optimizer: { use: 'optimizer/sgd' }, schedule: { use: 'schedule/constant' }, ...changes }],
    }); // prettier-ignore
    expect(() => parseRecipe(broken({}))).toThrow('several streams need "tasks"');
    expect(() => parseRecipe(broken({ tasks: { a: task() } }))).toThrow('"tasks" has none for "b"');
    expect(() => parseRecipe(broken({ tasks: { a: task(), b: task(), c: task() } }))).toThrow('"c" is of no stream');
    expect(() => parseRecipe(broken({ tasks: { a: task(), b: task() }, rows: { features: 'made' } }))).toThrow('for a single stream');
  });
});
