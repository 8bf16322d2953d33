import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Call } from './call';
import { largestOf, POWERS } from './magnitude';
import { each, type Program } from './program';

/** Adds up at places that the code chooses. */
export interface Scatter extends Pick<Program, 'name' | 'reads' | 'integers'> {
  /** Threads. */
  readonly count: number;
  /** No value that is added is larger than the largest of these. */
  readonly bound: TensorInfo;
  /** Defines `fn element(i: i32)`, which calls `accumulate(place, value)`. */
  readonly code: string;
}

/**
 * Records sums at scattered places, `y[place] += value`, whose result does not depend on the order of the threads: values
 * are turned into whole numbers, of 30 bits below the largest magnitude, and added in 64 bits, by two atomic words with a
 * carry. One that is not finite makes all of y NaN.
 */
export function scatter(call: Call, spec: Scatter, y: TensorInfo): void {
  const count = util.sizeFromShape(y.shape);
  const words = call.scratch([2 * count], 'int32');
  const { magnitudes, places } = largestOf(call, spec.bound);
  const place = places[0];
  const zero = 'fn element(i: i32) { words[i] = 0; }';
  call.run(each(2 * count, { name: 'zero', reads: {}, writes: { words }, code: zero }));
  call.run(
    each(spec.count, {
      name: spec.name,
      reads: { ...spec.reads, magnitudes },
      writes: { words },
      atomics: ['words'],
      integers: { ...spec.integers, place },
      code: `${POWERS}
fn accumulate(place: i32, value: f32) {
  let fixed = i32(round(value * power(29 - exponentOf(magnitudes[u.place]))));
  let low = bitcast<u32>(fixed);
  let before = atomicAdd(&words[2 * place], low);
  let high = select(0u, 0xffffffffu, fixed < 0) + select(0u, 1u, before + low < before);
  if (high != 0u) { atomicAdd(&words[2 * place + 1], high); }
}
${spec.code}`,
    }),
  );
  call.run(
    each(count, {
      name: 'result',
      reads: { words, magnitudes },
      writes: { y },
      integers: { place },
      code: `${POWERS}
fn element(i: i32) {
  var low = bitcast<u32>(words[2 * i]);
  var high = bitcast<u32>(words[2 * i + 1]);
  let negative = high >= 0x80000000u;
  if (negative) {
    low = ~low + 1u;
    high = ~high + select(0u, 1u, low == 0u);
  }
  let magnitude = (f32(high) * 4294967296.0 + f32(low)) * power(exponentOf(magnitudes[u.place]) - 29);
  let largest = magnitudes[u.place];
  let finite = largest < 0x7f800000;
  y[i] = select(bitcast<f32>(largest | 0x7fc00000), select(magnitude, -magnitude, negative), finite);
}`,
    }),
  );
}
