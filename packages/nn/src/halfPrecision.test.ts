import { describe, expect, it } from 'vitest';
import { NnError } from './errors';
import { fromHalf, narrowed, toHalf, widened } from './halfPrecision';
import type { HostTensor } from './hostTensor';

describe('float16', () => {
  it('comes back unchanged from every one of its patterns', () => {
    for (let half = 0; half < 0x10000; half++) {
      const value = fromHalf(half);
      if (Number.isNaN(value)) expect(Number.isNaN(fromHalf(toHalf(value)))).toBe(true);
      else expect(toHalf(value)).toBe(half);
    }
  });

  it('rounds to the nearest, ties to even, halfway between any two neighbours', () => {
    for (let half = 0; half < 0x7bff; half++) {
      const [low, high] = [fromHalf(half), fromHalf(half + 1)];
      const middle = (low + high) / 2;
      expect(toHalf(middle)).toBe(half % 2 === 0 ? half : half + 1);
      expect(toHalf(-middle)).toBe(0x8000 | (half % 2 === 0 ? half : half + 1));
      expect(toHalf(low + (high - low) * 0.4)).toBe(half);
      expect(toHalf(low + (high - low) * 0.6)).toBe(half + 1);
    }
    expect([toHalf(65519), toHalf(65520), toHalf(1e9)]).toEqual([0x7bff, 0x7c00, 0x7c00]);
  });
});

describe('tensors', () => {
  const f32 = (...values: number[]): HostTensor => ({
    dtype: 'F32',
    shape: [values.length],
    data: Float32Array.from(values),
  });

  it('are widened and narrowed, integers left alone', () => {
    const half = narrowed(f32(1, -0.1));
    expect(half).toEqual({ dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0xae66) });
    expect(widened(half)).toEqual(f32(1, -0.0999755859375));
    const codes: HostTensor = { dtype: 'I16', shape: [1], data: Int16Array.of(3) };
    expect([narrowed(codes), widened(codes)]).toEqual([codes, codes]);
  });

  it('too large for float16 are refused, infinite ones kept', () => {
    expect(() => narrowed(f32(1, 70_000))).toThrow(NnError);
    expect(() => narrowed(f32(1, 70_000))).toThrow(
      'float16: expected values within ±65504, got 70000 at 1; keep float32',
    );
    expect(narrowed(f32(-Infinity)).data).toEqual(Uint16Array.of(0xfc00));
  });
});
