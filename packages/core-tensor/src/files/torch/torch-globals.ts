import type { ElementType } from '../element-type.ts';
import { itemsOf, PickledGlobal, PickledTuple } from '../pickle/pickle-values.ts';
import { refuseCheckpoint } from '../refuse-checkpoint.ts';
import { TorchTensor, TorchType, type TorchStorage } from './torch-values.ts';

/** Names of PyTorch's number types: `torch.float32` as a dtype, `torch.FloatStorage` as a storage. */
const DTYPES: Readonly<Record<string, ElementType>> = {
  float64: 'F64', double: 'F64', float32: 'F32', float: 'F32', float16: 'F16', half: 'F16', bfloat16: 'BF16',
  int64: 'I64', long: 'I64', int32: 'I32', int: 'I32', int16: 'I16', short: 'I16', int8: 'I8',
  uint64: 'U64', uint32: 'U32', uint16: 'U16', uint8: 'U8', bool: 'BOOL',
}; // prettier-ignore
const STORAGES: Readonly<Record<string, ElementType | undefined>> = {
  DoubleStorage: 'F64', FloatStorage: 'F32', HalfStorage: 'F16', BFloat16Storage: 'BF16',
  LongStorage: 'I64', IntStorage: 'I32', ShortStorage: 'I16', CharStorage: 'I8', ByteStorage: 'U8', BoolStorage: 'BOOL',
}; // prettier-ignore

/** Classes that training scripts leave in checkpoints beside the weights: harmless to name, never built, and of no use here. */
const OPAQUE = [
  'argparse.Namespace', 'builtins.frozenset', 'builtins.set', '__builtin__.set', 'datetime.datetime', 'easydict.EasyDict',
  'numpy.core.multiarray.scalar', 'numpy._core.multiarray.scalar', 'numpy.core.multiarray._reconstruct',
  'numpy._core.multiarray._reconstruct', 'numpy.dtype', 'numpy.ndarray', 'pathlib.Path', 'pathlib.PosixPath', 'pathlib.PurePosixPath',
  'pathlib.WindowsPath', 'torch.Generator', 'yacs.config.CfgNode',
] as const; // prettier-ignore

type Args = readonly unknown[];

function refuse(source: string, detail: string): never {
  refuseCheckpoint(source, 'bad-pickle', `its pickle ${detail}`);
}

/** A whole number; one beyond 2⁵³ becomes the nearest that there is, which no storage has room for. */
function whole(value: unknown, source: string): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number)
    ? number
    : refuse(source, 'builds a tensor from sizes that are no whole numbers');
}

function wholes(value: unknown, source: string): number[] {
  const items = itemsOf(value) ?? refuse(source, 'builds a tensor from sizes that are no tuple');
  return items.map((item) => whole(item, source));
}

const isStorage = (value: unknown): value is TorchStorage => typeof value === 'object' && value !== null && 'isStorage' in value;

function rebuildTensor([storage, offset, shape, strides]: Args, source: string, dtype?: unknown): TorchTensor {
  if (!isStorage(storage)) refuse(source, 'builds a tensor from something that is no storage');
  const type = (dtype instanceof TorchType ? dtype.type : undefined) ?? storage.type;
  if (!type) refuse(source, 'builds a tensor of bytes whose type it does not say');
  return new TorchTensor({ storage, type, offset: whole(offset, source), shape: wholes(shape, source), strides: wholes(strides, source) });
}

function inner(value: unknown, source: string): TorchTensor {
  return value instanceof TorchTensor ? value : refuse(source, 'wraps something that is no tensor');
}

function latin1(value: unknown, source: string): Uint8Array {
  if (typeof value !== 'string') refuse(source, 'encodes something that is no text');
  return Uint8Array.from(value, (letter) => letter.charCodeAt(0));
}

function dictOf(args: Args, source: string): Map<unknown, unknown> {
  const given = args[0];
  if (given instanceof Map) return given;
  const made = new Map<unknown, unknown>();
  for (const pair of itemsOf(given) ?? []) {
    const [key, value] = itemsOf(pair) ?? refuse(source, 'makes a dict of something that is no pair');
    made.set(key, value ?? null);
  }
  return made;
}

/** Calls of PyTorch's builders, as what they would build. */
function builders(source: string): Readonly<Record<string, (args: Args) => unknown>> {
  const tensor = (args: Args): TorchTensor => rebuildTensor(args, source);
  const parameter = (args: Args): TorchTensor => inner(args[0], source);
  const list = (args: Args): unknown => [...(itemsOf(args[0]) ?? refuse(source, 'makes a list of something that is none'))];
  const fromType = ([build, , args]: Args): unknown => {
    const items = itemsOf(args);
    if (!(build instanceof PickledGlobal) || !build.call || !items) return refuse(source, 'builds a tensor by something that builds none');
    return build.call(items);
  };
  const dict = (args: Args): unknown => dictOf(args, source);
  return {
    'torch._utils._rebuild_tensor': tensor,
    'torch._utils._rebuild_tensor_v2': tensor,
    'torch._utils._rebuild_tensor_v3': (args) => rebuildTensor(args, source, args[6]),
    'torch._utils._rebuild_parameter': parameter,
    'torch._utils._rebuild_parameter_with_state': parameter,
    'torch._tensor._rebuild_from_type_v2': fromType,
    'torch.Size': ([sizes]) => new PickledTuple(itemsOf(sizes) ?? refuse(source, 'makes a size of something that is no tuple')),
    'torch.device': (args) => args.map(String).join(':'),
    'torch.jit._pickle.build_intlist': list,
    'torch.jit._pickle.build_doublelist': list,
    'torch.jit._pickle.build_boollist': list,
    'torch.jit._pickle.build_tensorlist': list,
    'torch.jit._pickle.restore_type_tag': ([value]) => value ?? null,
    'collections.OrderedDict': dict,
    'collections.Counter': dict,
    'builtins.dict': dict,
    '__builtin__.dict': dict,
    'builtins.list': list,
    '__builtin__.list': list,
    'collections.defaultdict': () => new Map(),
    '_codecs.encode': ([value]) => latin1(value, source),
  };
}

/** Classes that are named as a value and never called. */
const CLASSES = ['torch.Tensor', 'torch.nn.parameter.Parameter', 'torch._C._TensorMeta'];

function numberType(name: string): TorchType | undefined {
  const [, place, last] = /^(torch|torch\.cuda|torch\.storage)\.(\w+)$/.exec(name) ?? [];
  if (!place || !last) return undefined;
  if (place === 'torch.storage') return last === 'UntypedStorage' ? new TorchType(undefined) : undefined;
  if (Object.hasOwn(STORAGES, last)) return new TorchType(STORAGES[last]);
  return place === 'torch' && Object.hasOwn(DTYPES, last) ? new TorchType(DTYPES[last]) : undefined;
}

/**
 * The allow-list of names in PyTorch's pickles, letter for letter. With `hasScriptClasses`, as in TorchScript archives, classes of the
 * archive's own code (`__torch__.…`) are holders of attributes; the code is never read.
 */
export function torchGlobals(source: string, hasScriptClasses: boolean): (name: string) => PickledGlobal | TorchType | undefined {
  const calls = builders(source);
  const known = new Map<string, PickledGlobal>([
    ...Object.entries(calls).map(([name, call]) => [name, new PickledGlobal(name, call)] as const),
    ...[...OPAQUE, ...CLASSES].map((name) => [name, new PickledGlobal(name)] as const),
  ]);
  return (name) => {
    const found = known.get(name) ?? numberType(name);
    if (found) return found;
    return hasScriptClasses && name.startsWith('__torch__.') ? new PickledGlobal(name) : undefined;
  };
}

/** The storage that a persistent id stands for: `('storage', class, key, device, count)`, in old files with a view. Throws FILE_INVALID. */
export function torchStorage(id: unknown, source: string): TorchStorage {
  const [kind, type, key, , count, view] = itemsOf(id) ?? [];
  if (kind !== 'storage' || !(type instanceof TorchType) || typeof key !== 'string' || (view ?? null) !== null) {
    refuse(source, kind === 'module' ? 'holds a whole module, not its weights' : 'refers to something that is no storage');
  }
  const total = whole(count, source);
  if (total < 0) refuseCheckpoint(source, 'storage-bounds', `storage "${key}" is said to hold ${total} numbers`);
  return { isStorage: true, key, type: type.type, count: total };
}
