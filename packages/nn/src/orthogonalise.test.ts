import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { orthogonalise } from './orthogonalise';
import { Random } from './random';
import { NOTHING, leaked } from './testing';

beforeAll(() => tf.setBackend('cpu'));

/** Random orthonormal columns [rows, columns], by Gram-Schmidt in double precision. */
function orthonormal(key: string, rows: number, columns: number): number[][] {
  const vectors: number[][] = [];
  for (let c = 0; c < columns; c++) {
    let v = Array.from(Random.of(key, c).normals(rows));
    for (const u of vectors) {
      const along = dot(u, v);
      v = v.map((x, i) => x - along * u[i]);
    }
    vectors.push(v.map((x) => x / Math.sqrt(dot(v, v))));
  }
  return vectors;
}

const dot = (u: readonly number[], v: readonly number[]) => u.reduce((sum, x, i) => sum + x * v[i], 0);

/** What the iteration makes of a singular value, in double precision. */
function iterated(sigma: number, iterations = 5): number {
  for (let i = 0; i < iterations; i++) sigma = 3.4445 * sigma - 4.775 * sigma ** 3 + 2.0315 * sigma ** 5;
  return sigma;
}

describe.each([
  [6, 4],
  [4, 6],
  [5, 5],
])('of a matrix %d x %d', (rows, columns) => {
  const singular = [3, 1, 0.5, 0.02, 0.01].slice(0, Math.min(rows, columns));
  const [left, right] = [orthonormal('left', rows, singular.length), orthonormal('right', columns, singular.length)];
  const ofSingular = (values: readonly number[]) =>
    Array.from({ length: rows }, (_, i) =>
      Array.from({ length: columns }, (_, j) => values.reduce((sum, s, n) => sum + s * left[n][i] * right[n][j], 0)),
    );

  it('keeps the singular vectors and does to the singular values what the polynomial does', () => {
    const norm = Math.sqrt(dot(singular, singular));
    const expected = ofSingular(singular.map((s) => iterated(s / norm))).flat();
    const got = orthogonalise(tf.tensor2d(ofSingular(singular))).dataSync();
    expected.forEach((value, i) => expect(got[i]).toBeCloseTo(value, 4));
  });

  it('makes large and small singular values alike', () => {
    const result = orthogonalise(tf.tensor2d(ofSingular(singular))).arraySync();
    singular.forEach((_, n) => {
      const value = dot(
        left[n],
        result.map((row) => dot(row, right[n])),
      );
      expect(value).toBeGreaterThan(0.65);
      expect(value).toBeLessThan(1.25);
    });
  });
});

it('leaves zeros alone', () => {
  expect([...orthogonalise(tf.zeros([3, 2])).dataSync()]).toEqual(new Array(6).fill(0));
});

it('leaves nothing behind', async () => {
  const matrix = tf.ones<tf.Rank.R2>([4, 3]);
  expect(await leaked(() => orthogonalise(matrix).dispose())).toEqual(NOTHING);
});
