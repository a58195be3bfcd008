import { corePlugin, createRegistry, type Node, type Schedule } from '@reidkit/core-tensor';
import type { GoldenCase } from './adapter.ts';
import { numberOf } from './parse-json.ts';

const registry = createRegistry(corePlugin);

/** Runs the schedule of a recipe and compares the rates. The case counts its epochs or steps from `first`. */
export function runSchedule({ report, json, tensor }: GoldenCase, node: Node & { readonly options: object }, first: 0 | 1 = 0): void {
  const schedule = registry.use<Schedule>({ use: node.use, options: { ...node.options, first } });
  const base: number = json.config.lr;
  const rates = Float64Array.from(tensor('in/step').data as Int32Array, (at) => schedule.rate(at - first, base));
  report.compare('rate', rates, tensor('out/lr'));
  const summary = { first: rates[0]!, last: rates.at(-1)!, largest: Math.max(...rates) };
  for (const [name, got] of Object.entries(summary)) {
    report.compare(`${name} rate`, [got], { dtype: 'F64', shape: [], data: Float64Array.of(numberOf(json.expected[name])) });
  }
}

/** The warm-up multistep of CLIP-ReID's and MUVA's second stage. */
export function runWarmupMultistep(golden: GoldenCase): void {
  const { milestones, gamma, warmup_iters: length, warmup_factor: factor, method } = golden.json.config;
  const options = { unit: 'epoch', milestones, gamma, warmup: { length, factor, method } };
  runSchedule(golden, { use: 'schedule/multistep', options }, 1);
}

/** The warm-up cosine of CLIP-ReID's and MUVA's first stage. */
export function runWarmupCosine(golden: GoldenCase): void {
  const { epochs: length, lr_min: least, warmup, warmup_lr: from } = golden.json.config;
  const options = { unit: 'epoch', length, least, warmup: { length: warmup, from } };
  runSchedule(golden, { use: 'schedule/cosine', options }, 1);
}
