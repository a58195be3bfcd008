import type { Direction, HloProgram } from '../stablehlo/program.ts';
import { broadcastShape, canBroadcast } from '../stablehlo/shapes.ts';
import type { HloType, HloValue } from '../stablehlo/values.ts';
import { ANY, type KernelForm, type KernelTable, NUMBERS } from './kernel-form.ts';
import { divideWhole, toInt32 } from './whole-numbers.ts';

type Emit = (p: HloProgram, a: HloValue, b: HloValue) => HloValue;

const pairOf = (emit: Emit, types: readonly HloType[] = NUMBERS): KernelForm => ({
  types,
  takes: ({ a, b }) => a!.type === b!.type && canBroadcast(a!.shape, b!.shape),
  emit: (p, { a, b }) => emit(p, a!, b!),
});

const binary = (op: string, types?: readonly HloType[]): KernelForm => pairOf((p, a, b) => p.binary(op, a, b), types);
const compare = (direction: Direction): KernelForm => pairOf((p, a, b) => p.compare(direction, a, b), ANY);

/** Both in float64, in which JavaScript divides: in float32 a quotient just below a whole number is that number. */
const inFloat64 = (p: HloProgram, a: HloValue, b: HloValue): readonly [HloValue, HloValue] => [
  p.convert(a, 'float64'),
  p.convert(b, 'float64'),
];

function floorOfQuotient(p: HloProgram, a: HloValue, b: HloValue): HloValue {
  if (a.type === 'int32') return divideWhole(p, ...together(p, a, b)).quotient;
  return toInt32(p, p.unary('floor', p.div(...inFloat64(p, a, b))));
}

/** Both in the shape that they broadcast to. */
function together(p: HloProgram, a: HloValue, b: HloValue): readonly [HloValue, HloValue] {
  const shape = broadcastShape(a.shape, b.shape);
  return [p.broadcast(a, shape), p.broadcast(b, shape)];
}

/** Remainder of the divisor's sign. */
function remainder(p: HloProgram, a: HloValue, b: HloValue): HloValue {
  if (a.type === 'int32') return divideWhole(p, ...together(p, a, b)).remainder;
  const [dividend, divisor] = inFloat64(p, a, b);
  const isSame = p.compare('EQ', p.compare('LT', a, 0), p.compare('LT', b, 0));
  const rest = p.binary('remainder', dividend, divisor);
  return p.convert(p.where(isSame, rest, p.binary('remainder', p.add(rest, divisor), divisor)), 'float32');
}

/** Kernels of two inputs that broadcast. */
export const binaryKernels: KernelTable = {
  Add: binary('add'),
  Sub: binary('subtract'),
  Multiply: pairOf((p, a, b) => (a.type === 'bool' ? p.binary('and', a, b) : p.mul(a, b)), ANY),
  RealDiv: binary('divide', ['float32']),
  Maximum: binary('maximum'),
  Minimum: binary('minimum'),
  Pow: binary('power'),
  SquaredDifference: pairOf((p, a, b) => {
    const difference = p.sub(a, b);
    return p.mul(difference, difference);
  }),
  FloorDiv: pairOf(floorOfQuotient),
  Mod: pairOf(remainder),
  Atan2: binary('atan2', ['float32']),
  BitwiseAnd: binary('and', ['int32']),
  Equal: compare('EQ'),
  NotEqual: compare('NE'),
  Greater: compare('GT'),
  GreaterEqual: compare('GE'),
  Less: compare('LT'),
  LessEqual: compare('LE'),
  LogicalAnd: binary('and', ['bool']),
  LogicalOr: binary('or', ['bool']),
  Prelu: {
    takes: ({ x, alpha }) => canBroadcast(x!.shape, alpha!.shape),
    emit: (p, { x, alpha }) => p.where(p.compare('LT', x!, 0), p.mul(x!, alpha!), x!),
  },
  EluGrad: {
    takes: ({ dy, y }) => canBroadcast(dy!.shape, y!.shape),
    emit: (p, { dy, y }) => p.where(p.compare('GE', y!, 0), dy!, p.mul(dy!, p.add(y!, 1))),
  },
};
