// Part boxes for MUVA by a segmenter of one's own: a small SAM learns people from their boxes, and cuts each mask into head, upper body and legs.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  add, annotate, createImageDecoder, createRegistry, createStudio, builtInPlugins, drawCrop, EVALUATION, hostTensor, initialState, makePlan, maskBox,
  meanOfMasks, namedParameters, normalizedFrame, onnxBackend, padFrame, PART_STRIPES, Random, recognizeDataset, reshape, Sam, SAM_TINY, Segmenter, segmentationCrossEntropy,
  segmentationDice, slice, synthesize, syntheticOptions, transpose, useBackend, valueAndGradients, withParameters,
  type Annotator, type Box, type DatasetReader, type Optimizer, type Step,
} from 'reidkit'; // prettier-ignore
const backend = await useBackend(onnxBackend({ threads: 2 }));
const registry = createRegistry(...builtInPlugins);
const options = { trainIdentities: 40, testIdentities: 2, cameras: 2, distractors: 0, junk: 0, size: { width: 32, height: 64 } };
const studio = createStudio(syntheticOptions.parse({ ...options, occlusion: { train: 0 } }));
const crops = makePlan(studio.options).crops.filter(({ kind }) => kind === 'identity').slice(0, 64).map((job) => drawCrop(studio, job)); // prettier-ignore
const [sam, fine, rows] = [new Sam(SAM_TINY), 32, 8]; // crops are as high as its input and lie in the left half as they are
const optimizer = registry.use<Optimizer>({ use: 'optimizer/adamw', options: { rate: 3e-3, weightDecay: 0 } });
const learned = [...namedParameters(sam)].flatMap(([path, { trainable, shape }]) => (trainable ? [[path, shape] as const] : []));
const step: Step = ({ parameters, state, batch, hyper }) => {
  const { value, gradients } = valueAndGradients((variables) => withParameters(sam, { ...parameters, ...variables }, () => {
    const { patches, grid } = sam.image_encoder.forward(batch.images!, EVALUATION);
    const image = transpose(reshape(patches, [rows, ...grid, sam.image_encoder.width]), [0, 3, 1, 2]);
    const prompts = sam.prompt_encoder.forward({ boxes: batch.boxes! }, EVALUATION);
    const { logits } = sam.mask_decoder.forward({ image, positions: sam.prompt_encoder.positions(), ...prompts }, EVALUATION);
    const mask = reshape(slice(logits, [0, 0, 0, 0], [rows, 1, fine, fine]), [rows, fine, fine]);
    return { value: add(meanOfMasks(segmentationCrossEntropy(mask, batch.masks!)), meanOfMasks(segmentationDice(mask, batch.masks!))), rest: {} };
  }), Object.fromEntries(learned.map(([path]) => [path, parameters[path]!]))); // prettier-ignore
  return { losses: { value }, ...optimizer.update({ gradients, parameters, state, hyper }) };
};
const state = optimizer.init(Object.fromEntries(learned));
const program = backend.makeProgram(step, { parameters: initialState(sam, Random.seed(1)), state });
const samples = await Promise.all(crops.map(async ({ width, height, rgb, masks }) => {
  const images = padFrame(await normalizedFrame({ width, height, channels: 3, data: rgb }, { width, height }), { width, height }, sam.side);
  const mask = Array.from({ length: fine ** 2 }, (_, i) => Number(i % fine < width / 2 && masks!.person[2 * Math.floor(i / fine) * width + 2 * (i % fine)]! > 0));
  return { images, boxes: [0, 0, width, height], masks: mask };
})); // prettier-ignore
for (let round = 0; round < 120; round++) {
  const some = Array.from({ length: rows }, (_, k) => samples[(round * rows + k) % samples.length]!);
  const joined = ([['images', [rows, sam.side, sam.side, 3]], ['boxes', [rows, 4]], ['masks', [rows, fine, fine]]] as const).map(([name, shape]) => [name, hostTensor(some.flatMap((one) => [...one[name]]), shape)]); // prettier-ignore
  const { losses } = await program.run({ batch: Object.fromEntries(joined), hyper: optimizer.hyper((rate) => rate) });
  if (round === 119) console.log(`loss ${losses.value!.toFixed(3)}`);
}
// With weights of SAM all that stands above is one line: const segmenter = await Segmenter.open('sam_vit_b_01ec64.pth', backend);
const segmenter = new Segmenter({ sam, tensors: (await program.read()).parameters }, backend);
const annotator: Annotator = {
  name: 'part-boxes', producer: 'part-boxes-by-segmenter 1', gives: ['partBoxes'],
  async annotate({ file, width, height, bytes }) {
    const { logits, boxes } = await segmenter.masks(await (await createImageDecoder()).decode(await bytes(), file), [{ box: [0, 0, width, height] }]);
    const isBelow = (i: number, share: number): boolean => Math.floor(i / width) >= boxes[0]![1] + share * (boxes[0]![3] - boxes[0]![1]);
    const boxOf = ([from, to]: readonly [number, number]): Box | null => maskBox(logits[0]!.map((logit, i) => (isBelow(i, from) && !isBelow(i, to) ? logit : -1)), { width, height });
    return boxes[0] ? { partBoxes: Object.fromEntries(Object.entries(PART_STRIPES).map(([part, share]) => [part, boxOf(share)])) } : null;
  },
}; // prettier-ignore
const out = await mkdtemp(join(tmpdir(), 'reidkit-example-'));
await synthesize({ out, options: { ...options, seed: 2, trainIdentities: 6, sidecars: { masks: false, parts: false, garments: false } } });
const dataset = await registry.use<DatasetReader>(await recognizeDataset(out)).read();
const { annotated, items } = await annotate({ dataset, annotator, out: join(out, 'part-boxes.jsonl'), splits: ['train'] });
console.log(`part boxes of ${annotated} of ${items} people`);
await rm(out, { recursive: true });
