import fc from 'fast-check';
import { expect, it } from 'vitest';
import { outputPlanes, slabHeight, slabsOf, type Along } from './slab';

const along = fc.oneof(
  fc.record({ kernel: fc.constant(3), stride: fc.integer({ min: 1, max: 2 }), padding: fc.constant(1) }),
  fc.constant({ kernel: 1, stride: 1, padding: 0 }),
);
const settings = fc.record({
  axis: fc.tuple(along, fc.boolean()).map(([a, transposed]): Along => ({ ...a, transposed })),
  inputs: fc.integer({ min: 2, max: 12 }),
  height: fc.integer({ min: 1, max: 9 }),
});

/** The whole convolution of one value a plane, its taps 1, 10, 100. */
function convolve(x: readonly number[], { kernel, stride, padding, transposed }: Along): number[] {
  const outputs = outputPlanes(x.length, { kernel, stride, padding, transposed });
  const y = new Array<number>(outputs).fill(0);
  for (let coarse = 0; coarse < (transposed ? x.length : outputs); coarse++) {
    for (let k = 0; k < kernel; k++) {
      const fine = coarse * stride - padding + k;
      if (transposed && fine >= 0 && fine < outputs) y[fine] += 10 ** k * x[coarse];
      if (!transposed && fine >= 0 && fine < x.length) y[coarse] += 10 ** k * x[fine];
    }
  }
  return y;
}

/** The same of a slab's input alone, as `applyInSlabs` has it done: trimmed on both sides if transposed. */
function convolveSlab(x: readonly number[], axis: Along, padding: number): number[] {
  if (!axis.transposed) return convolve(x, { ...axis, padding: 0 });
  const whole = new Array<number>((x.length - 1) * axis.stride + axis.kernel).fill(0);
  x.forEach((value, i) => {
    for (let k = 0; k < axis.kernel; k++) whole[i * axis.stride + k] += 10 ** k * value;
  });
  return whole.slice(padding, whole.length - padding);
}

it('slabs with their halos make the whole convolution, plane by plane', () => {
  fc.assert(
    fc.property(settings, ({ axis, inputs, height }) => {
      const x = Array.from({ length: inputs }, (_, i) => i + 1);
      const y = slabsOf(inputs, axis, height).flatMap(({ at, planes, input, zeros, padding, skip }, i) => {
        expect(at).toBe(i * height);
        const planesOfZeros = (n: number) => new Array<number>(n).fill(0);
        const read = x.slice(input.at, input.at + input.planes);
        const result = convolveSlab([...planesOfZeros(zeros[0]), ...read, ...planesOfZeros(zeros[1])], axis, padding);
        expect(skip + planes).toBeLessThanOrEqual(result.length);
        return result.slice(skip, skip + planes);
      });
      expect(y).toEqual(convolve(x, axis));
    }),
  );
});

it('the height is the largest that fits', () => {
  fc.assert(
    fc.property(settings, fc.integer({ min: 1, max: 10_000 }), ({ axis }, bytes) => {
      const plane = { input: 7, output: 11 };
      const needed = (height: number) => {
        // A slab in the middle of a large volume, at the worst of its places.
        const slabs = slabsOf(8 * (height + 4), axis, height).slice(1, 5);
        return Math.max(...slabs.map((s) => 2 * (s.input.planes * plane.input + s.planes * plane.output)));
      };
      const height = slabHeight(bytes, plane, axis);
      // Half a plane of the input more where an odd height begins between two planes.
      if (height > 1) expect(needed(height)).toBeLessThanOrEqual(bytes + 2 * plane.input);
      expect(needed(height + 1)).toBeGreaterThan(bytes - 2 * plane.input);
    }),
  );
});
