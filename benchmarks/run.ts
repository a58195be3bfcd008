// One benchmark case of reidkit; prints one JSON line of the same form as benchmarks/peer/peer.py.
//   npm run bench -- vit-train-step --threads 2 --rounds 7
import { parseArgs } from 'node:util';
import { measure, type MakeCase } from './measure.ts';

/** File of each case. */
const CASES: Readonly<Record<string, () => Promise<{ makeCase: MakeCase }>>> = {
  'vit-train-step': () => import('./cases/vit.ts'),
  'vit-infer': () => import('./cases/vit.ts'),
  'vit-b-train-step': () => import('./cases/vit.ts'),
  'vit-b-infer': () => import('./cases/vit.ts'),
  'conv-train-step': () => import('./cases/conv.ts'),
  'clip-reid-step': () => import('./cases/clip-reid.ts'),
  'rganet-train-step': () => import('./cases/rganet.ts'),
  'muva-train-step': () => import('./cases/muva.ts'),
  'muva-infer': () => import('./cases/muva.ts'),
  'sam-b-encode': () => import('./cases/sam.ts'),
  'rank-market': () => import('./cases/ranking.ts'),
  rerank: () => import('./cases/reranking.ts'),
  'weighted-distance': () => import('./cases/weighted-distance.ts'),
  loader: () => import('./cases/loader.ts'),
  ...Object.fromEntries(
    ['decode', 'decode-4', 'decode-float32', 'prefill', 'prefill-4', 'prefill-float32'].map((variant) => [
      `int8-product-${variant}`,
      () => import('./cases/int8-product.ts'),
    ]),
  ),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '5' },
    warmup: { type: 'string', default: '2' },
    tiny: { type: 'boolean', default: false },
    images: { type: 'string' },
    features: { type: 'string' },
    explain: { type: 'boolean', default: false },
    eager: { type: 'boolean', default: false },
    json: { type: 'boolean', default: true },
  },
});
const name = positionals[0] ?? '';
const make = CASES[name];
if (!make) {
  console.error(
    `usage: npm run bench -- NAME [--threads N] [--rounds N] [--warmup N] [--tiny] [--images DIR] [--features DIR] [--eager | --explain]\n  NAME: ${Object.keys(CASES).join(', ')}`,
  );
  process.exit(2);
}
const threads = Number(values.threads);
const { makeCase } = await make();
const subject = await makeCase(name, {
  threads,
  tiny: values.tiny,
  eager: values.eager,
  ...(values.images === undefined ? {} : { images: values.images }),
  ...(values.features === undefined ? {} : { features: values.features }),
});
if (values.explain) {
  await subject.run();
  console.log(subject.explain?.() ?? 'nothing is compiled');
  process.exit(0);
}
const result = await measure(subject, Number(values.rounds), Number(values.warmup));
await subject.close?.();
console.log(JSON.stringify({ name, threads, ...result, warmup: Number(values.warmup), tiny: values.tiny, node: process.version }));
