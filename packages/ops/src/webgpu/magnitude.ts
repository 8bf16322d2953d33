import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Call } from './call';
import { each } from './program';

/** Threads of which each looks at many values: one atomic operation for each of them. */
const THREADS = 1 << 14;

/** Bits of the largest magnitude of x: those of floats are in the order of the floats, infinity and NaN above all. */
export function largestOf(call: Call, x: TensorInfo): TensorInfo {
  const largest = call.scratch([1], 'int32');
  const zero = 'fn element(i: i32) { largest[0] = 0; }';
  call.run(each(1, { name: 'zero', reads: {}, writes: { largest }, code: zero }));
  const values = util.sizeFromShape(x.shape);
  call.run(
    each(Math.min(values, THREADS), {
      name: 'largest',
      reads: { x },
      writes: { largest },
      atomics: ['largest'],
      integers: { values },
      code: `fn element(i: i32) {
  var most = 0u;
  for (var n = i; n < u.values; n += u.count) { most = max(most, bitcast<u32>(x[n]) & 0x7fffffffu); }
  atomicMax(&largest[0], most);
}`,
    }),
  );
  return largest;
}

/**
 * WGSL: `exponentOf(bits)`, the power of two below a magnitude, by its bits, and `power(n)`, 2^n. Magnitudes below 2^-97 count
 * as that, so that what brings them near 1 is a float.
 */
export const POWERS = `
fn exponentOf(bits: i32) -> i32 { return max(i32(u32(bits) >> 23u) - 127, -97); }
fn power(n: i32) -> f32 { return bitcast<f32>(u32(n + 127) << 23u); }
`;
