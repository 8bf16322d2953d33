import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Call } from './call';

const THREADS = 256;
/** Values that a thread looks at, unless more workgroups would be needed than keep a large card busy. */
const EACH = 4;
const MOST_WORKGROUPS = 256;
/** Tensors whose magnitudes are kept at a time. */
const PLACES = 1024;

/** Where magnitudes lie of tensors that had them taken, by what holds their values, which never change. */
interface Places {
  known: WeakMap<object, number>;
  taken: number;
}

/** By the tensor that holds the magnitudes. */
const placesIn = new WeakMap<object, Places>();

/** The bits of the largest magnitudes of tensors, as `magnitudes[place]`. */
export interface Magnitudes {
  readonly magnitudes: TensorInfo;
  readonly places: readonly number[];
}

/**
 * Bits of the largest magnitude of each tensor: those of floats are in the order of the floats, infinity and NaN above all.
 * They are kept, since a factor is one of several products: weights and layers of the forward pass and of gradients.
 */
export function largestOf(call: Call, ...tensors: readonly TensorInfo[]): Magnitudes {
  const magnitudes = call.lasting('magnitudes', [PLACES], 'int32');
  const places = placesOf(magnitudes);
  if (places.taken + tensors.length > PLACES) {
    const zero = `fn run(workgroup: i32, thread: i32) { magnitudes[workgroup * ${THREADS} + thread] = 0; }`;
    const workgroups = PLACES / THREADS;
    call.run({ name: 'zero', reads: {}, writes: { magnitudes }, threads: THREADS, workgroups, code: zero });
    Object.assign(places, NONE());
  }
  return { magnitudes, places: tensors.map((x) => placeOf(call, x, magnitudes, places)) };
}

const NONE = (): Places => ({ known: new WeakMap(), taken: 0 });

/** At first all are taken, so that they are zeroed. */
function placesOf({ dataId }: TensorInfo): Places {
  let places = placesIn.get(dataId);
  if (!places) placesIn.set(dataId, (places = { ...NONE(), taken: PLACES }));
  return places;
}

function placeOf(call: Call, x: TensorInfo, magnitudes: TensorInfo, places: Places): number {
  let place = places.known.get(x.dataId);
  if (place === undefined) {
    take(call, x, magnitudes, (place = places.taken++));
    places.known.set(x.dataId, place);
  }
  return place;
}

function take(call: Call, x: TensorInfo, magnitudes: TensorInfo, place: number): void {
  const values = util.sizeFromShape(x.shape);
  const workgroups = Math.min(MOST_WORKGROUPS, Math.ceil(values / THREADS / EACH));
  call.run({
    name: 'largest',
    reads: { x },
    writes: { magnitudes },
    atomics: ['magnitudes'],
    integers: { values, place, stride: workgroups * THREADS },
    threads: THREADS,
    workgroups,
    code: `var<workgroup> most: atomic<u32>;
fn run(workgroup: i32, thread: i32) {
  var own = 0u;
  for (var n = workgroup * ${THREADS} + thread; n < u.values; n += u.stride) { own = max(own, bitcast<u32>(x[n]) & 0x7fffffffu); }
  atomicMax(&most, own);
  workgroupBarrier();
  if (thread == 0) { atomicMax(&magnitudes[u.place], atomicLoad(&most)); }
}`,
  });
}

/**
 * WGSL: `exponentOf(bits)`, the power of two below a magnitude, by its bits, and `power(n)`, 2^n. Magnitudes below 2^-97 count
 * as that, so that what brings them near 1 is a float.
 */
export const POWERS = `
fn exponentOf(bits: i32) -> i32 { return max(i32(u32(bits) >> 23u) - 127, -97); }
fn power(n: i32) -> f32 { return bitcast<f32>(u32(n + 127) << 23u); }
`;
