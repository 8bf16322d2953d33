import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { swapBytes, toDiskOrder, toRowMajor } from './layout';

/** The definition, one value at a time. */
function slowRowMajor(source: Int32Array, shape: readonly number[]): Int32Array {
  const target = new Int32Array(source.length);
  for (let disk = 0; disk < source.length; disk++) {
    let rest = disk;
    const index = shape.map((size) => {
      const i = rest % size;
      rest = (rest - i) / size;
      return i;
    });
    target[index.reduce((sum, i, axis) => sum * shape[axis] + i, 0)] = source[disk];
  }
  return target;
}

describe('toRowMajor', () => {
  test('agrees with the definition, and toDiskOrder undoes it, for any shape', () => {
    const shapes = fc.oneof(
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 7 }),
      fc.tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 70 })),
    );
    fc.assert(
      fc.property(shapes, (shape) => {
        const source = Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i);
        const rows = toRowMajor(source, shape);
        expect(rows).toEqual(slowRowMajor(source, shape));
        expect(toDiskOrder(rows, shape)).toEqual(source);
      }),
      { numRuns: 60 },
    );
  });

  test('never returns the memory it was given', () => {
    const source = new Uint8Array(3);
    expect(toRowMajor(source, [3, 1, 1]).buffer).not.toBe(source.buffer);
  });
});

test('swapBytes turns every value around', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  swapBytes(bytes, 4);
  expect([...bytes]).toEqual([4, 3, 2, 1, 8, 7, 6, 5]);
});
