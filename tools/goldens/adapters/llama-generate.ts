import { currentBackend, sizeOf, type HostTensor } from '@reidkit/core-tensor';
import { generate, Reader, type Generated, type GenerateOptions, type ReaderInput } from '@reidkit/lmm';
import type { GoldenAdapter, GoldenCase, GoldenReport } from '../adapter.ts';
import { goldenWeights } from '../compare-model.ts';
import { hostNumbers } from '../golden-tensors.ts';
import { llamaOf } from '../llama-case.ts';

/** A reader of the case's model, with chunks of all forms: longer and shorter than the texts. */
function readerOf(golden: GoldenCase, rows: number, length: number): Reader {
  const makeProgram = currentBackend().makeProgram;
  return new Reader(llamaOf(golden), { makeProgram, parameters: goldenWeights(golden), rows, length, chunks: [1, 3, 4] });
}

/** `step_logits [B, steps, V]` from what each step gave. */
function stacked(steps: readonly HostTensor[]): Float32Array {
  const [B, V] = steps[0]!.shape as [number, number];
  return Float32Array.from({ length: B * steps.length * V }, (_, i) => {
    const [row, step] = [Math.floor(i / (steps.length * V)), Math.floor(i / V) % steps.length];
    return steps[step]!.data[row * V + (i % V)]!;
  });
}

async function written(reader: Reader, input: ReaderInput, options: GenerateOptions): Promise<Generated & { readonly logits: HostTensor[] }> {
  const logits: HostTensor[] = [];
  const result = await generate(reader, input, { ...options, onWord: (step) => logits.push(step.logits) });
  return { ...result, logits };
}

/** A row that ended early is filled with 0 as far as the case goes. */
function compareStopped(report: GoldenReport, { rows }: Generated, golden: GoldenCase): void {
  const want = golden.tensor('out/ids_stop');
  const [, length] = want.shape as [number, number];
  report.compare('out/ids_stop', rows.flatMap((row) => [...row, ...Array<number>(length - row.length).fill(0)]), want);
}

async function compareMemory(golden: GoldenCase, reader: Reader): Promise<void> {
  const memory = await reader.memory();
  const words = memory.words!;
  for (const [name, key] of [['keys.0', 'cache_keys_layer0'], ['values.0', 'cache_values_layer0']] as const) {
    const want = golden.tensor(`out/${key}`);
    const [B, K, T, d] = want.shape as [number, number, number, number];
    const { data, shape } = memory[name]!;
    const [length] = shape.slice(2) as [number];
    const numbers = Float32Array.from({ length: sizeOf(want.shape) }, (_, i) => {
      const [row, group, place] = [Math.floor(i / (K * T * d)), Math.floor(i / (T * d)) % K, Math.floor(i / d) % T];
      return words.data[row * length + place]! * data[((row * K + group) * length + place) * d + (i % d)]!;
    });
    golden.report.check(`${key} rows`, B === shape[0]);
    golden.report.compare(`out/${key}`, numbers, want);
  }
}

export const adapter: GoldenAdapter = {
  family: 'llama-generate',
  async run(golden) {
    const { report } = golden;
    const { new_tokens: most, embed_prompt: embedded } = golden.json.config;
    const [ids, mask] = [hostNumbers(golden.tensor('in/input_ids')), hostNumbers(golden.tensor('in/attention_mask'))];
    const [rows, count] = ids.shape as [number, number];
    const input = { ids, mask: { ...mask, dtype: 'float32' as const, data: Float32Array.from(mask.data) } };
    const reader = readerOf(golden, rows, count + most);
    const plain = await written(reader, input, { most });
    report.compare('out/ids', plain.ids.data, golden.tensor('out/ids'));
    report.compare('out/step_logits', stacked(plain.logits), golden.tensor('out/step_logits'));
    await compareMemory(golden, reader);
    reader.rewind();
    const [stop] = hostNumbers(golden.tensor('in/eos_id')).data;
    compareStopped(report, await generate(reader, input, { most, stop: [stop!] }), golden);
    reader.dispose();
    const other = readerOf(golden, 1, embedded + most);
    const spoken = await written(other, { embeddings: hostNumbers(golden.tensor('in/prompt_embeds')) }, { most });
    report.compare('out/embeds_ids', spoken.ids.data, golden.tensor('out/embeds_ids'));
    report.compare('out/embeds_step_logits', stacked(spoken.logits), golden.tensor('out/embeds_step_logits'));
    other.dispose();
  },
};
