import { type HostTensor, hostTensor, type HostTensors, type Module, namedParameters, sizeOf } from '@reidkit/core-tensor';
import { isBatchCounter, type VisionTransformer } from '@reidkit/encoders';

/** Towers that numbers are brought to. */
export interface IrmPlaces extends Module {
  readonly visual_encoder: VisionTransformer;
  readonly visual_encoder_m: VisionTransformer | undefined;
}

/** Names that checkpoints hold beside what a model works with. */
const REPEATED = /(^|\.)(position_ids|num_batches_tracked)$|\.cls\.predictions\.decoder\./;

const within = (prefix: string, numbers: HostTensors): HostTensors =>
  Object.fromEntries(
    Object.entries(numbers).flatMap(([path, value]) => (path.startsWith(prefix) ? [[path.slice(prefix.length), value]] : [])),
  );

const under = (prefix: string, numbers: HostTensors): HostTensors =>
  Object.fromEntries(Object.entries(numbers).map(([path, value]) => [`${prefix}${path}`, value]));

/** One of the three parts of packed queries, keys and values. */
function partOf({ data, shape }: HostTensor, at: number): HostTensor {
  const [rows, ...rest] = shape as [number, ...number[]];
  const size = (rows / 3) * sizeOf(rest);
  return hostTensor((data as Float32Array).slice(at * size, (at + 1) * size), [rows / 3, ...rest]);
}

/** Keys and values of side tokens begin as those of the attention, where a checkpoint has none of their own and the widths agree. */
function withSideKeys(numbers: HostTensors, model: Module): HostTensors {
  const added = [...namedParameters(model)].flatMap(([path, { shape }]): [string, HostTensor][] => {
    const found = /^(.*)\.instruction_([kv])\.(weight|bias)$/.exec(path);
    const packed = found && numbers[`${found[1]}.qkv.${found[3]}`];
    if (!packed || path in numbers) return [];
    const part = partOf(packed, found[2] === 'k' ? 1 : 2);
    return sizeOf(part.shape) === sizeOf(shape) ? [[path, part]] : [];
  });
  return { ...numbers, ...Object.fromEntries(added) };
}

/** The twin goes on where a checkpoint has one, and so does not start anew. */
const started = (numbers: HostTensors): HostTensors =>
  Object.keys(numbers).some((path) => path.startsWith('text_encoder_m.')) ? { twin_started: hostTensor([1], [1]) } : {};

/** Numbers of the released code, or of an image transformer alone, as the model takes them. */
export function irmNumbers(numbers: HostTensors, model: IrmPlaces): HostTensors {
  const isWhole = Object.keys(numbers).some((path) => path.startsWith('visual_encoder.'));
  const all = isWhole ? numbers : under('visual_encoder.', numbers);
  const tower = (name: 'visual_encoder' | 'visual_encoder_m'): HostTensors => {
    const encoder = model[name];
    const own = within(`${name}.`, all);
    return under(`${name}.`, encoder ? encoder.adaptCheckpoint(own) : own);
  };
  const rest = Object.fromEntries(
    Object.entries(all).filter(([path]) => !/^visual_encoder(_m)?\./.test(path) && !REPEATED.test(path) && !isBatchCounter(path)),
  );
  return { ...withSideKeys({ ...tower('visual_encoder'), ...tower('visual_encoder_m') }, model), ...rest, ...started(rest) };
}
