import { NnError } from './errors';
import type { HostTensor } from './hostTensor';

/** The largest number that float16 holds. */
const LARGEST = 65_504;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Float16 as its 16-bit pattern -> number. */
export function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 0x3ff;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Number -> the nearest float16, ties to even, as its 16-bit pattern; beyond 65504 infinite. */
export function toHalf(value: number): number {
  float[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const size = Math.abs(float[0]);
  if (Number.isNaN(size)) return sign | 0x7e00;
  if (size >= 65_520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundEven(size * 2 ** 24);
  const exponent = ((bits[0] >>> 23) & 255) - 127;
  // A fraction that rounds up to 2048 carries into the exponent, as it should.
  return sign | (((exponent + 14) << 10) + roundEven(size * 2 ** (10 - exponent)));
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** F16 -> F32; other types as they are. */
export function widened(tensor: HostTensor): HostTensor {
  if (tensor.dtype !== 'F16') return tensor;
  return { dtype: 'F32', shape: tensor.shape, data: Float32Array.from(tensor.data as Uint16Array, fromHalf) };
}

/**
 * F32 -> F16, rounded to nearest; other types as they are.
 * @throws NnError when a finite value is beyond ±65504
 */
export function narrowed(tensor: HostTensor): HostTensor {
  if (tensor.dtype !== 'F32') return tensor;
  const values = tensor.data as Float32Array;
  const data = Uint16Array.from(values, toHalf);
  const at = data.findIndex((half, i) => (half & 0x7fff) === 0x7c00 && Number.isFinite(values[i]));
  if (at >= 0) {
    throw new NnError('float16', `values within ±${LARGEST}`, `${values[at]} at ${at}`, 'keep float32');
  }
  return { dtype: 'F16', shape: tensor.shape, data };
}
