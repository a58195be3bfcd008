import { beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend, useBackend } from '../backend.ts';
import { dropout, type Context } from '../context.ts';
import { ReidError } from '../errors.ts';
import { formatShape } from '../host-tensor.ts';
import type { EncodeCall, ImageEncoder, ImageTokens } from '../kinds/encoder.ts';
import type { Head, Pooling } from '../kinds/head.ts';
import { Module } from '../module.ts';
import { batchNormInference, batchNormTraining } from '../ops/batch-norm.ts';
import { conv2d } from '../ops/conv2d.ts';
import { linear } from '../ops/linear.ts';
import { buffer, normalInit, onesInit, parameter, zerosInit, type Parameter } from '../parameter.ts';
import { add, keep, mean, mul, reshape, tanh, tensor, transpose, type Tensor } from '../tensor.ts';
import { conformanceFaults } from './conformance-check.ts';
import { encoderConformance, type EncoderConformanceOptions } from './encoder-conformance.ts';
import { headConformance, poolingConformance } from './head-conformance.ts';

beforeAll(() => useBackend(referenceBackend));

/** Patches of 2 × 2 pixels, one layer, dropout in training; cameras by a vector each. */
class SmallEncoder extends Module implements ImageEncoder {
  readonly reads: readonly ('cameras' | 'views')[] = ['cameras'];
  readonly imageSize = [6, 4] as const;
  readonly width: number = 5;
  readonly weight = parameter([5, 3, 2, 2], normalInit(0.3));
  readonly cameras = parameter([2, 5], normalInit(1), { trainable: false });

  forward(images: Tensor, ctx: Context, call: EncodeCall = {}): ImageTokens {
    const [batch, height, width] = images.shape as [number, number, number];
    if (height !== 6 || width !== 4) throw new ReidError('SHAPE_MISMATCH', `expected 6 × 4 pixels, got ${formatShape(images.shape)}.`);
    for (const name of ['extraTokens', 'attentionBias', 'side', 'views'] as const) {
      if (call[name]) throw new ReidError('INVALID_ARGUMENT', `This encoder takes no ${name}.`);
    }
    const seen = conv2d(transpose(images, [0, 3, 1, 2]), this.weight.value, { stride: 2 });
    const patches = tanh(reshape(transpose(seen, [0, 2, 3, 1]), [batch, 6, 5]));
    const own = call.cameras ? reshape(this.cameras.value.gather(call.cameras), [batch, 1, 5]) : undefined;
    const tokens = dropout(own ? add(patches, own) : patches, 0.2, ctx);
    return { cls: mean(tokens, 1), patches: tokens, grid: [3, 2], extra: {}, taps: { projected: mul(mean(tokens, 1), 2) } };
  }
}

describe('encoderConformance passes', () => {
  for (const { title, check } of encoderConformance(() => new SmallEncoder())) it(title, check);
});

describe('encoderConformance names', () => {
  const faulty = (make: () => ImageEncoder, options?: EncoderConformanceOptions): Promise<string> =>
    conformanceFaults(encoderConformance(make, options)).then((faults) => faults.join('\n'));
  const changing = (change: (tokens: ImageTokens, encoder: SmallEncoder, ctx: Context) => ImageTokens) =>
    faulty(() => {
      const encoder = new SmallEncoder();
      const forward = encoder.forward.bind(encoder);
      return Object.defineProperty(encoder, 'forward', {
        value: (images: Tensor, ctx: Context, call?: EncodeCall) => change(forward(images, ctx, call), encoder, ctx),
      });
    });

  it('patches that do not fit the grid, and a grid larger than the image', async () => {
    expect(await changing((tokens) => ({ ...tokens, grid: [2, 2] }))).toContain(
      'The shape of the patches is [2, 6, 5] instead of [2, 4, 5].',
    );
    expect(await changing((tokens) => ({ ...tokens, grid: [1, 6] }))).toContain('The grid [1, 6] is larger than the image [6, 4].');
  });

  it('extra tokens of another width', async () => {
    const faults = await changing((tokens) => ({ ...tokens, extra: { parts: tokens.patches.slice([0, 0, 0], [2, 2, 4]) } }));
    expect(faults).toContain('"extra.parts" has the shape [2,2,4] instead of [B, K, 5].');
  });

  it('a parameter that no gradient reaches, or only zeros', async () => {
    const idle = (used: (weight: Parameter) => Tensor) => {
      class Idle extends SmallEncoder {
        readonly spare = parameter([5], onesInit);
        override forward(images: Tensor, ctx: Context, call?: EncodeCall): ImageTokens {
          const tokens = super.forward(images, ctx, call);
          return { ...tokens, cls: add(tokens.cls!, used(this.spare)) };
        }
      }
      return () => new Idle();
    };
    expect(await faulty(idle(() => tensor([1, 1, 1, 1, 1])))).toBe(
      'lets a gradient reach every trainable parameter: No gradient reaches "spare".',
    );
    const zero = idle((spare) => mul(spare.value, 0));
    expect(await faulty(zero)).toContain('The gradient of "spare" is zero everywhere.');
    expect(await faulty(zero, { zeroGradients: (path) => path === 'spare' })).toBe('');
  });

  it('draws in evaluation, and a mind of its own in training', async () => {
    expect(await changing((tokens, _encoder, ctx) => ({ ...tokens, cls: add(tokens.cls!, ctx.draws.uniform([5])) }))).toMatch(
      /evaluates the same every time, without draws: A forward pass drew random numbers/,
    );
    let calls = 0;
    const faults = await changing((tokens, _encoder, ctx) => (ctx.training ? { ...tokens, cls: mul(tokens.cls!, ++calls) } : tokens));
    expect(faults).toMatch(/trains the same under the same draws: A second training step under the same draws: "cls" differs/);
  });

  it('a batch of which one image changes another', async () => {
    const faults = await changing((tokens) => ({ ...tokens, cls: add(tokens.cls!, mean(tokens.cls!, 0, true)) }));
    expect(faults).toMatch(/^sees each image by itself in evaluation: An image encoded alone and in a batch: "cls" differs/);
  });

  it('numbers outside the tree of parameters', async () => {
    let made = 0;
    class Hidden extends SmallEncoder {
      readonly #secret = ++made;
      override forward(images: Tensor, ctx: Context, call?: EncodeCall): ImageTokens {
        const tokens = super.forward(images, ctx, call);
        return { ...tokens, cls: mul(tokens.cls!, this.#secret) };
      }
    }
    expect(await faulty(() => new Hidden())).toMatch(/takes them back: With the same state dict: "cls" differs/);
  });

  it('a leak, a change of its own numbers, and images that it cannot take', async () => {
    expect(await changing((tokens) => ({ ...tokens, patches: add(keep(mul(tokens.patches, 1)), 0) }))).toContain('leaks 1 tensor');
    const changed = await changing((tokens, { weight }, ctx) => {
      if (ctx.training) weight.assign({ dtype: 'float32', shape: weight.shape, data: new Float32Array(60) });
      return tokens;
    });
    expect(changed).toContain('A training step changes the model itself instead of calling ctx.update: "weight" differs');
    class Lenient extends SmallEncoder {
      override forward(images: Tensor, ctx: Context, call?: EncodeCall): ImageTokens {
        return super.forward(images.slice([0, 0, 0, 0], [images.shape[0]!, 6, 4, 3]), ctx, call);
      }
    }
    expect(await faulty(() => new Lenient())).toBe(
      'refuses images of another size: It accepts images that are one pixel too high without a word.',
    );
  });

  it('an addition to the call that it neither uses nor refuses', async () => {
    class Deaf extends SmallEncoder {
      override readonly reads = [];
      override forward(images: Tensor, ctx: Context): ImageTokens {
        return super.forward(images, ctx);
      }
    }
    expect((await faulty(() => new Deaf())).split('\n')).toEqual(
      ['extraTokens', 'attentionBias', 'side', 'cameras', 'views'].map(
        (name) => `uses "${name}" or refuses it: It neither uses "${name}" nor refuses it.`,
      ),
    );
  });
});

class SmallNeck extends Module implements Head {
  readonly width = 3;
  readonly weight = parameter([3], onesInit);
  readonly running_mean = buffer([3], zerosInit);
  readonly running_var = buffer([3], onesInit);

  forward(x: Tensor, ctx: Context): Tensor {
    const { value: weight } = this.weight;
    const shift = tensor([0, 0, 0]);
    if (!ctx.training) return batchNormInference(x, weight, shift, this.running_mean.value, this.running_var.value, 1e-5);
    const result = batchNormTraining(x, weight, shift, 1e-5);
    ctx.update(this.running_mean, result.mean);
    ctx.update(this.running_var, result.variance);
    return result.y;
  }
}

class MeanPooling extends Module implements Pooling {
  readonly width = 4;
  forward({ patches }: ImageTokens): Tensor {
    return mean(patches, 1);
  }
}

it('encoderConformance names what an encoder says that it reads, and refuses', async () => {
  class Torn extends SmallEncoder {
    override readonly reads = [];
  }
  expect(await conformanceFaults(encoderConformance(() => new Torn()))).toEqual([]);
  class Contrary extends SmallEncoder {
    override readonly reads = ['cameras', 'views'] as const;
    override forward(images: Tensor, ctx: Context, { views, ...call }: EncodeCall = {}): ImageTokens {
      if (views && views.dataSync()[0] === 1) throw new ReidError('INVALID_ARGUMENT', 'no views.');
      return super.forward(images, ctx, call);
    }
  }
  expect(await conformanceFaults(encoderConformance(() => new Contrary(), { batch: 1 }))).toEqual([
    'uses "views" or refuses it: It says that it reads "views", and refuses it: no views.',
  ]);
});

describe('headConformance passes', () => {
  for (const { title, check } of headConformance(() => new SmallNeck(), { width: 3 })) it(title, check);
});

describe('poolingConformance passes', () => {
  for (const { title, check } of poolingConformance(() => new MeanPooling(), { width: 4 })) it(title, check);
});

describe('headConformance names', () => {
  it('rows that change each other, a wrong rank, and a gradient that is off', async () => {
    class Centered extends Module implements Head {
      readonly width = 2;
      readonly weight = parameter([2, 3], normalInit(1));
      forward(x: Tensor): Tensor {
        return linear(x.sub(mean(x, 0)), this.weight.value);
      }
    }
    const faults = (make: () => Head) => conformanceFaults(headConformance(make, { width: 3 })).then((lines) => lines.join('\n'));
    expect(await faults(() => new Centered())).toMatch(/^sees each row by itself in evaluation: A row alone and in a batch/);
    class Flat extends Module implements Head {
      readonly width = 3;
      forward(x: Tensor): Tensor {
        return mean(x, 1);
      }
    }
    expect(await faults(() => new Flat())).toContain('The shape of the result is [3] instead of [3, 3].');
    class Detached extends Module implements Head {
      readonly width = 3;
      forward(x: Tensor): Tensor {
        return tensor(x.dataSync(), x.shape as [number, number]);
      }
    }
    expect(await faults(() => new Detached())).toContain('No gradient reaches "x", though it changes the result.');
  });
});
