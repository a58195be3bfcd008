// Numbers of the normal distribution by the ziggurat method with 128 layers (Marsaglia and Tsang, "The ziggurat method for generating random
// variables", 2000, with Doornik's use of separate bits for layer and position) from xoshiro128++ (Blackman and Vigna, 2019).

const LAYERS: i32 = 128;
const TAIL: f64 = 3.442619855899;
const AREA: f64 = 9.91256303526217e-3;

// Layer edges (LAYERS + 1) and their ratios (LAYERS), outside the caller's memory.
const edges: usize = memory.data(8 * 129, 16);
const ratios: usize = memory.data(8 * 128, 16);
let prepared = false;

function edge(layer: i32): f64 {
  return load<f64>(edges + ((<usize>layer) << 3));
}

let s0: u32 = 0;
let s1: u32 = 0;
let s2: u32 = 0;
let s3: u32 = 0;

function prepare(): void {
  const density = NativeMath.exp(-0.5 * TAIL * TAIL);
  store<f64>(edges, AREA / density);
  store<f64>(edges, TAIL, 8);
  store<f64>(edges, 0, 8 * 128);
  let height = density;
  for (let i = 2; i < LAYERS; i++) {
    const x = NativeMath.sqrt(-2 * NativeMath.log(AREA / edge(i - 1) + height));
    store<f64>(edges + ((<usize>i) << 3), x);
    height = NativeMath.exp(-0.5 * x * x);
  }
  for (let i = 0; i < LAYERS; i++) store<f64>(ratios + ((<usize>i) << 3), edge(i + 1) / edge(i));
  prepared = true;
}

function nextBits(): u32 {
  const result = rotl<u32>(s0 + s3, 7) + s0;
  const shifted = s1 << 9;
  s2 ^= s0;
  s3 ^= s1;
  s1 ^= s2;
  s0 ^= s3;
  s2 ^= shifted;
  s3 = rotl<u32>(s3, 11);
  return result;
}

/** The 25 bits beside the layer's, as a position in (-1, 1). */
function positionOf(bits: u32): f64 {
  return (<f64>(bits >> 7) + 0.5) / 16777216.0 - 1;
}

/** In (0, 1). */
function nextUniform(): f64 {
  return (<f64>nextBits() + 0.5) / 4294967296.0;
}

function tail(negative: bool): f64 {
  while (true) {
    const x = NativeMath.log(nextUniform()) / TAIL;
    const y = NativeMath.log(nextUniform());
    if (-2 * y >= x * x) return negative ? x - TAIL : TAIL - x;
  }
}

/** A number for bits whose layer did not take them at once: the tail, the wedge, or a new try. */
function slowNormal(bits: u32): f64 {
  while (true) {
    const layer = <i32>(bits & 127);
    const position = positionOf(bits);
    const x = position * edge(layer);
    if (NativeMath.abs(position) < load<f64>(ratios + ((<usize>layer) << 3))) return x;
    if (layer == 0) return tail(position < 0);
    const outer = NativeMath.exp(-0.5 * (edge(layer) * edge(layer) - x * x));
    const inner = NativeMath.exp(-0.5 * (edge(layer + 1) * edge(layer + 1) - x * x));
    if (inner + nextUniform() * (outer - inner) < 1) return x;
    bits = nextBits();
  }
}

/** Writes `count` numbers. The four words of the seed must not all be 0. */
export function fillNormal(target: usize, count: i32, a: u32, b: u32, c: u32, d: u32): void {
  if (!prepared) prepare();
  // The generator runs in local variables, which the compiler keeps in registers, and visits the globals for the rare slow cases only.
  for (const end = target + ((<usize>count) << 2); target < end; target += 4) {
    const bits = rotl<u32>(a + d, 7) + a;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotl<u32>(d, 11);
    const layer = (<usize>(bits & 127)) << 3;
    const position = positionOf(bits);
    let x = position * load<f64>(edges + layer);
    if (NativeMath.abs(position) >= load<f64>(ratios + layer)) {
      s0 = a;
      s1 = b;
      s2 = c;
      s3 = d;
      x = slowNormal(bits);
      a = s0;
      b = s1;
      c = s2;
      d = s3;
    }
    store<f32>(target, <f32>x);
  }
}
