import { broadcast } from '../onnx/graph.ts';
import { ANY, type KernelForm, type KernelTable, NUMBERS } from './kernel-form.ts';

const unary = (op: string, form: Partial<KernelForm> = {}): KernelForm => ({
  anyShape: true,
  emit: (g, { x }) => g.unary(op, x!),
  ...form,
});

const binary = (op: string, form: Partial<KernelForm> = {}): KernelForm => ({
  anyShape: true,
  types: NUMBERS,
  takes: ({ a, b }) => a!.type === b!.type,
  emit: (g, { a, b }) => g.binary(op, a!, b!),
  ...form,
});

const compare = (op: string, form: Partial<KernelForm> = {}): KernelForm =>
  binary(op, { emit: (g, { a, b }) => g.binary(op, a!, b!, 'bool'), ...form });

/** Kernels that treat each element by itself. */
export const elementwise: KernelTable = {
  Add: binary('Add'),
  Sub: binary('Sub'),
  Multiply: binary('Mul'),
  RealDiv: binary('Div', { types: ['float32'] }),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Pow: binary('Pow', { types: ['float32'] }),
  SquaredDifference: binary('Sub', {
    emit: (g, { a, b }) => {
      const difference = g.sub(a!, b!);
      return g.mul(difference, difference);
    },
  }),
  FloorDiv: binary('Div', { types: ['float32'], emit: (g, { a, b }) => g.cast(g.unary('Floor', g.div(a!, b!)), 'int32') }),
  Equal: compare('Equal', { types: ANY }),
  NotEqual: compare('Equal', { types: ANY, emit: (g, { a, b }) => g.unary('Not', g.binary('Equal', a!, b!, 'bool')) }),
  Greater: compare('Greater'),
  GreaterEqual: compare('GreaterOrEqual'),
  Less: compare('Less'),
  LessEqual: compare('LessOrEqual'),
  LogicalAnd: compare('And', { types: ['bool'] }),
  LogicalOr: compare('Or', { types: ['bool'] }),
  LogicalNot: unary('Not', { types: ['bool'] }),
  Select: {
    types: ANY,
    takes: ({ condition, t, e }) =>
      condition!.type === 'bool' && t!.type === e!.type && t!.type !== 'bool' && condition!.shape.length === t!.shape.length,
    anyShape: true,
    emit: (g, { condition, t, e }) =>
      g.one('Where', [condition!, t!, e!], broadcast(broadcast(condition!.shape, t!.shape), e!.shape), {}, t!.type),
  },
  AddN: {
    anyShape: true,
    types: NUMBERS,
    emit: (g, inputs) => Object.values(inputs).reduce((sum, value) => g.add(sum, value)),
  },
  Abs: unary('Abs', { types: NUMBERS }),
  Acos: unary('Acos'),
  Acosh: unary('Acosh'),
  Asin: unary('Asin'),
  Asinh: unary('Asinh'),
  Atan: unary('Atan'),
  Atanh: unary('Atanh'),
  Ceil: unary('Ceil'),
  Cos: unary('Cos'),
  Cosh: unary('Cosh'),
  Elu: unary('Elu'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Floor: unary('Floor'),
  IsNan: unary('IsNaN', { emit: (g, { x }) => g.unary('IsNaN', x!, {}, 'bool') }),
  LeakyRelu: unary('LeakyRelu', { emit: (g, { x }, { alpha }) => g.unary('LeakyRelu', x!, { alpha: { float: alpha as number } }) }),
  Log: unary('Log'),
  Neg: unary('Neg', { types: NUMBERS }),
  Reciprocal: unary('Reciprocal'),
  Relu: unary('Relu'),
  Relu6: unary('Clip', { emit: (g, { x }) => g.one('Clip', [x!, g.scalar(0), g.scalar(6)], x!.shape) }),
  Round: unary('Round'),
  Rsqrt: unary('Sqrt', { emit: (g, { x }) => g.unary('Reciprocal', g.unary('Sqrt', x!)) }),
  Sigmoid: unary('Sigmoid'),
  Sign: unary('Sign'),
  Sin: unary('Sin'),
  Sinh: unary('Sinh'),
  Softplus: unary('Softplus'),
  Sqrt: unary('Sqrt'),
  Square: unary('Mul', { types: NUMBERS, emit: (g, { x }) => g.mul(x!, x!) }),
  Tan: unary('Tan'),
  Tanh: unary('Tanh'),
  Step: unary('Where', {
    emit: (g, { x }, { alpha }) => {
      const chosen = g.binary('Greater', x!, g.scalar(0), 'bool');
      const steps = g.one('Where', [chosen, g.scalar(1), g.scalar(alpha as number)], x!.shape, {}, 'float32');
      return g.one('Where', [g.unary('IsNaN', x!, {}, 'bool'), x!, steps], x!.shape, {}, 'float32');
    },
  }),
  ClipByValue: unary('Clip', {
    emit: (g, { x }, { clipValueMin, clipValueMax }) =>
      g.one('Clip', [x!, g.scalar(clipValueMin as number), g.scalar(clipValueMax as number)], x!.shape),
  }),
  Cast: {
    anyShape: true,
    types: ANY,
    takes: (_inputs, { dtype }) => (ANY as readonly string[]).includes(dtype as string),
    emit: (g, { x }, { dtype }) => g.cast(x!, dtype as 'float32' | 'int32' | 'bool'),
  },
};
