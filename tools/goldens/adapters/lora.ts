import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVALUATION, loadStateDict, namedParameters, scoped, type HostTensors } from '@reidkit/core-tensor';
import { lora, type LoraOptions } from '@reidkit/encoders';
import { nextWordLoss, readPeftAdapter, writePeftAdapter, type CausalLM } from '@reidkit/lmm';
import type { GoldenAdapter, GoldenCase } from '../adapter.ts';
import { goldenWeights } from '../compare-model.ts';
import { compareScalarCase, inputsOf, llamaOf } from '../llama-case.ts';
import { checkSame } from '../token-rows.ts';

const PREFIX = 'base_model.model.';

function compareLogits(golden: GoldenCase, name: string, model: CausalLM): void {
  scoped(() => {
    const { states } = model.forward({ ids: inputsOf(golden).input_ids! }, EVALUATION);
    golden.report.compare(`out/${name}`, model.logits(states, EVALUATION).dataSync(), golden.tensor(`out/${name}`));
  });
}

/** The adapter as a folder of peft's, read; and written and read again. */
async function compareFolder(golden: GoldenCase, options: LoraOptions, factors: HostTensors): Promise<void> {
  const { report, json } = golden;
  const same = (name: string, got: Awaited<ReturnType<typeof readPeftAdapter>>): void => {
    const { targets: _, ...rest } = options;
    const { targets, ...settings } = got.options;
    checkSame(report, `${name} settings`, settings, rest);
    checkSame(report, `${name} names`, Object.keys(got.numbers).sort(), Object.keys(factors).sort());
    for (const [path, { data }] of Object.entries(factors)) report.check(`${name} ${path}`, got.numbers[path]!.data.every((value, i) => value === data[i])); // prettier-ignore
    report.check(`${name} targets`, targets.every((path) => `${path}.lora_A.weight` in factors));
  };
  same('folder', await readPeftAdapter(join(golden.folder, `${json.case}.adapter`)));
  const folder = await mkdtemp(join(tmpdir(), 'reidkit-peft-'));
  await writePeftAdapter(folder, llamaOf(golden), { numbers: factors, options });
  same('written folder', await readPeftAdapter(folder));
  await rm(folder, { recursive: true });
}

async function compareMerged(golden: GoldenCase, options: LoraOptions, weights: HostTensors): Promise<void> {
  const model = llamaOf(golden);
  loadStateDict(model, Object.fromEntries(Object.entries(weights).filter(([path]) => !path.includes('.lora_'))));
  compareLogits(golden, 'base_logits', model);
  const attached = lora(options).attach(model);
  loadStateDict(model, weights);
  await attached.merge!();
  compareLogits(golden, 'merged_logits', model);
  const merged = new Map(namedParameters(model));
  for (const key of golden.keys.filter((name) => name.startsWith('out/merged/'))) {
    golden.report.compare(key, merged.get(key.slice('out/merged/'.length))!.value.dataSync(), golden.tensor(key));
  }
}

export const adapter: GoldenAdapter = {
  family: 'lora',
  async run(golden) {
    const { r: rank, alpha, targets: names, use_rslora: isRankStabilized } = golden.json.config;
    const options = { rank, alpha, dropout: 0, isRankStabilized, targets: (names as string[]).map((name) => `*.${name}`) };
    const weights = Object.fromEntries(Object.entries(goldenWeights(golden)).map(([name, value]) => [name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name, value])); // prettier-ignore
    const model = llamaOf(golden);
    const { added } = lora(options).attach(model);
    compareScalarCase(golden, {
      model,
      weights,
      nameOf: (path) => (added.includes(path) ? `${PREFIX}${path}` : path),
      run: () => {
        const { input_ids: ids, labels } = inputsOf(golden);
        const { states } = model.forward({ ids }, EVALUATION);
        const logits = model.logits(states, EVALUATION);
        const loss = nextWordLoss(logits, labels!);
        return { value: loss, outputs: { logits, loss } };
      },
    });
    await compareMerged(golden, options, weights);
    await compareFolder(golden, options, Object.fromEntries(added.map((path) => [path, weights[path]!])));
  },
};
