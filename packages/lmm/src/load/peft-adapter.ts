import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Module } from '@reidkit/core-tensor';
import { ReidError, describeIssues, modulePlaces, openCheckpoint, writeFileAtomically, writeSafetensors, type HostTensor, type HostTensors } from '@reidkit/core-tensor'; // prettier-ignore
import type { LoraOptions } from '@reidkit/encoders';
import { z } from 'zod';

const PREFIX = 'base_model.model.';
const CONFIG = 'adapter_config.json';
const MOST_BYTES = 2 ** 22;
const FACTOR = /^(.*)\.lora_(A|B)\.weight$/;

/** Settings of a peft folder that would change the numbers and are not built here, with the values that change nothing. */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  use_dora: [false],
  use_qalora: [false],
  use_bdlora: [null, false],
  lora_bias: [false],
  fan_in_fan_out: [false],
  bias: ['none'],
  rank_pattern: [],
  alpha_pattern: [],
};

const configSchema = z.looseObject({
  peft_type: z.literal('LORA'),
  r: z.number().int().positive().max(65536),
  lora_alpha: z.number().positive(),
  lora_dropout: z.number().min(0).lt(1).default(0),
  use_rslora: z.boolean().default(false),
});

/** What a peft folder says: how LoRA is attached, and its numbers. */
export interface PeftAdapter {
  /** Options of `lora(…)` that put it exactly where its numbers belong. */
  readonly options: LoraOptions;
  /** Numbers by path: factors, and whole weights that were saved with them. */
  readonly numbers: HostTensors;
}

const isNeutral = (value: unknown, neutral: readonly unknown[]): boolean =>
  value === undefined || value === null || neutral.includes(value) || (typeof value === 'object' && Object.keys(value).length === 0);

async function readConfig(path: string): Promise<z.output<typeof configSchema>> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts) throw new ReidError('FILE_NOT_FOUND', `There is no ${path}.`, { hint: 'give the folder that peft saved.' });
  if (facts.size > MOST_BYTES)
    throw new ReidError('FILE_INVALID', `${path} has ${facts.size} bytes, a configuration at most ${MOST_BYTES}.`);
  const text = await readFile(path, 'utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ReidError('FILE_INVALID', `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = configSchema.safeParse(json);
  if (!parsed.success) throw new ReidError('FILE_INVALID', `${path} is no LoRA of peft: ${describeIssues(parsed.error).join('; ')}.`);
  const foreign = Object.entries(NEUTRAL).flatMap(([name, neutral]) => (isNeutral(parsed.data[name], neutral) ? [] : [`"${name}"`]));
  if (foreign.length === 0) return parsed.data;
  throw new ReidError('FILE_INVALID', `${path} sets ${foreign.join(', ')}, which is not built here.`, { hint: 'merge it in peft first.' });
}

/** Reads a folder that peft saved. Throws FILE_NOT_FOUND, or FILE_INVALID for a kind of adapter or a setting that is not built here. */
export async function readPeftAdapter(folder: string): Promise<PeftAdapter> {
  const config = await readConfig(join(folder, CONFIG));
  const file = await openCheckpoint(folder);
  const numbers: Record<string, HostTensor> = {};
  try {
    for (const name of file.tensors.keys()) {
      if (!name.startsWith(PREFIX)) throw new ReidError('FILE_INVALID', `${file.path}: "${name}" does not begin with "${PREFIX}".`);
      numbers[name.slice(PREFIX.length)] = await file.read(name);
    }
  } finally {
    await file.close();
  }
  const targets = [...new Set(Object.keys(numbers).flatMap((name) => FACTOR.exec(name)?.[1] ?? []))];
  if (targets.length === 0) throw new ReidError('FILE_INVALID', `${folder} holds no factors "….lora_A.weight".`);
  const { r: rank, lora_alpha: alpha, lora_dropout: dropout, use_rslora: isRankStabilized } = config;
  return { options: { targets, rank, alpha, dropout, isRankStabilized }, numbers };
}

/** Last parts of paths, where they alone name exactly these places of the model; the paths themselves otherwise. */
function shortTargets(model: Module, targets: readonly string[]): readonly string[] {
  const last = (path: string): string => path.slice(path.lastIndexOf('.') + 1);
  const names = [...new Set(targets.map(last))];
  const named = [...modulePlaces(model)].filter(({ path }) => names.includes(last(path)));
  return named.length === targets.length ? names : targets;
}

/** What {@link writePeftAdapter} writes. */
export interface PeftOutput extends Pick<PeftAdapter, 'numbers'> {
  /** The options that LoRA was attached with; `parts` have no form in peft. */
  readonly options: Omit<LoraOptions, 'targets' | 'parts'>;
  /** Where the model without the adapter comes from, for people and for peft. */
  readonly base?: string;
}

/**
 * Writes LoRA's factors as peft reads them: `adapter_config.json` and `adapter_model.safetensors`. Of the numbers only factors are
 * taken. Throws INVALID_ARGUMENT when there are none, SAVE_FAILED.
 */
export async function writePeftAdapter(folder: string, model: Module, { numbers, options, base }: PeftOutput): Promise<void> {
  const factors = Object.entries(numbers).filter(([name]) => FACTOR.test(name));
  if (factors.length === 0) throw new ReidError('INVALID_ARGUMENT', 'There are no factors of LoRA among the numbers to write.');
  const targets = [...new Set(factors.map(([name]) => FACTOR.exec(name)![1]!))];
  const { rank = 8, alpha = 16, dropout = 0, isRankStabilized = false } = options;
  const config = {
    base_model_name_or_path: base ?? null,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    lora_alpha: alpha,
    lora_dropout: dropout,
    peft_type: 'LORA',
    r: rank,
    target_modules: shortTargets(model, targets),
    task_type: 'CAUSAL_LM',
    use_rslora: isRankStabilized,
  };
  await mkdir(folder, { recursive: true });
  const named = Object.fromEntries(factors.map(([name, value]) => [`${PREFIX}${name}`, value]));
  await writeSafetensors(join(folder, 'adapter_model.safetensors'), named, { metadata: { format: 'pt' } });
  await writeFileAtomically(join(folder, CONFIG), `${JSON.stringify(config, null, 2)}\n`);
}
