import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Call } from './call';
import type { Program } from './program';

/** A sum over the middle axis of [outer, length, inner] of values that the code makes. */
export interface Sums {
  readonly name: string;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  /** Values that are summed side by side, 1 to 4. */
  readonly terms?: 1 | 2 | 3 | 4;
  readonly reads: Program['reads'];
  readonly integers?: Program['integers'];
  readonly floats?: Program['floats'];
  /** Defines `fn term(o: i32, i: i32, c: i32) -> f32`, or `-> vec3f` for three terms. */
  readonly code: string;
  /** WGSL of the result, by default `total`; it may use `u.` and what `floats` has. */
  readonly finish?: string;
}

const THREADS = 128;
/** Values that a thread sums before threads are summed: long sums in single precision lose digits. */
const EACH = 16;
const MOST_CHUNKS = 256;

const scalarOr = (terms: number) => (terms === 1 ? 'f32' : `vec${terms}f`);

/**
 * Records the sums: first over chunks of the axis, then over these, each time in a tree. The order is fixed, and the error
 * grows with the logarithm of the length.
 *
 * @param y where the sums go, `[outer, inner, terms]`
 */
export function sums(call: Call, spec: Sums, y: TensorInfo): void {
  const { outer, length, inner, terms = 1 } = spec;
  const columns = Math.min(32, 2 ** Math.ceil(Math.log2(inner)));
  const lanes = THREADS / columns;
  const chunks = Math.max(1, Math.min(MOST_CHUNKS, Math.ceil(length / (lanes * EACH))));
  if (chunks === 1) return stage(call, spec, columns, 1, y);
  const partial = call.scratch([outer, chunks, inner, terms]);
  stage(call, { ...spec, finish: 'total' }, columns, chunks, partial);
  const { name, finish, floats } = spec;
  const type = scalarOr(terms);
  const values = Array.from({ length: terms }, (_, t) => `partial[at + ${t}]`);
  const code = `fn term(o: i32, i: i32, c: i32) -> ${type} {
  let at = ((o * u.length + i) * u.inner + c) * ${terms};
  return ${type}(${values.join(', ')});
}`;
  stage(call, { name, outer, length: chunks, inner, terms, reads: { partial }, floats, code, finish }, columns, 1, y);
}

function stage(call: Call, spec: Sums, columns: number, chunks: number, y: TensorInfo): void {
  const { name, outer, length, inner, terms = 1, reads, floats, finish = 'total' } = spec;
  const lanes = THREADS / columns;
  const tiles = Math.ceil(inner / columns);
  const type = scalarOr(terms);
  const store =
    terms === 1 ? ['y[at] = value;'] : Array.from({ length: terms }, (_, t) => `y[at + ${t}] = value[${t}];`);
  call.run({
    name,
    reads,
    writes: { y },
    integers: { ...spec.integers, length, inner, tiles, chunks, span: Math.ceil(length / chunks) },
    floats,
    threads: THREADS,
    workgroups: outer * chunks * tiles,
    code: `${spec.code}
var<workgroup> partialSums: array<${type}, ${THREADS}>;
fn run(workgroup: i32, thread: i32) {
  let c = workgroup % u.tiles * ${columns} + thread % ${columns};
  let chunk = workgroup / u.tiles % u.chunks;
  let o = workgroup / u.tiles / u.chunks;
  let lane = thread / ${columns};
  let end = min((chunk + 1) * u.span, u.length);
  var sum = ${type}();
  if (c < u.inner) {
    for (var i = chunk * u.span + lane; i < end; i += ${lanes}) { sum += term(o, i, c); }
  }
  partialSums[thread] = sum;
  workgroupBarrier();
  for (var half = ${lanes / 2}; half > 0; half /= 2) {
    if (lane < half) { partialSums[thread] += partialSums[thread + half * ${columns}]; }
    workgroupBarrier();
  }
  if (lane == 0 && c < u.inner) {
    let total = partialSums[thread];
    let value = ${finish};
    let at = ((o * u.chunks + chunk) * u.inner + c) * ${terms};
    ${store.join(' ')}
  }
}`,
  });
}
