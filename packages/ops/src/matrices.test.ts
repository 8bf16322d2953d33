import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { attention } from './attention';
import { attend, attendGradient } from './attention.composite';
import { embedding } from './embedding';
import { withGradient } from './gradient';
import { matMul } from './matMul';
import { nearestCode, nearestRows } from './nearestCode';
import {
  attentionReference,
  embeddingReference,
  matMulReference,
  nearestCodeReference,
  softmaxReference,
  squaredDistance,
} from './reference/matrices';
import { host, type Host } from './reference/host';
import { softmaxRows, softmaxRowsGradient } from './softmax';
import { expectClose, itBehaves, itHolds, upload } from './testing/behaviour';
import { onEveryDevice } from './testing/devices';
import { CaseRandom, channels, upTo } from './testing/random';

/** {@link softmaxRows} with its gradient. */
function softmax(x: tf.Tensor2D): tf.Tensor2D {
  return withGradient<tf.Tensor2D>([x], (save) => {
    const value = softmaxRows(x);
    save([value]);
    return { value, gradient: (dy, [y]) => [softmaxRowsGradient(dy, y)] };
  });
}

onEveryDevice(() => {
  itBehaves(
    'matMul',
    {
      batch: fc.constantFrom([], [1], [3]),
      rows: upTo(20),
      inner: upTo(40),
      columns: upTo(20),
      transposeA: fc.boolean(),
      transposeB: fc.boolean(),
    },
    ({ batch, rows, inner, columns, transposeA, transposeB }, random) => ({
      inputs: [
        random.tensor([...batch, ...(transposeA ? [inner, rows] : [rows, inner])]),
        random.tensor([...batch, ...(transposeB ? [columns, inner] : [inner, columns])]),
      ],
      run: (a: tf.Tensor, b: tf.Tensor) => matMul(a, b, { transposeA, transposeB }),
      reference: (a, b) => matMulReference(a, b, transposeA, transposeB),
    }),
  );

  itBehaves(
    'attention',
    { heads: upTo(3), queries: upTo(18), keys: upTo(18), width: channels, values: channels },
    ({ heads, queries, keys, width, values }, random) => ({
      inputs: [
        random.tensor([heads, queries, width], 3),
        random.tensor([heads, keys, width], 3),
        random.tensor([heads, keys, values]),
      ],
      run: (q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D) => attention(q, k, v),
      reference: attentionReference,
    }),
  );

  itBehaves('softmax', { rows: upTo(9), columns: upTo(40) }, ({ rows, columns }, random) => ({
    inputs: [random.tensor([rows, columns], 10)],
    run: softmax,
    reference: softmaxReference,
  }));

  itBehaves(
    'embedding',
    { rows: upTo(6), width: channels, shape: fc.constantFrom([7], [2, 5], [1, 2, 3], []) },
    ({ rows, width, shape }, random) => ({
      inputs: [random.tensor([rows, width]), random.indices(shape, rows)],
      run: (table: tf.Tensor2D, ids: tf.Tensor) => embedding(table, ids),
      reference: embeddingReference,
      differentiable: [0],
    }),
  );

  itHolds(
    'nearestCode finds the nearest row',
    { count: upTo(20), codes: upTo(40), width: channels },
    async ({ count, codes, width }, random) => {
      const [vectors, codebook] = [random.tensor([count, width]), random.tensor([codes, width])];
      const inputs = [vectors, codebook].map(upload) as [tf.Tensor2D, tf.Tensor2D];
      const before = tf.memory().numTensors;
      const whole = nearestCode(...inputs);
      expect(tf.memory().numTensors).toBe(before + 1);
      const parts = tf.tidy(() => nearestRows(...inputs, 3 * codes));
      expect(whole.dtype).toBe('int32');
      expect(Array.from(await parts.data())).toEqual(Array.from(await whole.data()));
      await expectNearest(vectors, codebook, await whole.data());
      tf.dispose([whole, parts, ...inputs]);
    },
  );

  it.each([1, 5, 12, 40])('attention in blocks of %i scores equals attention at once', async (scoresAtOnce) => {
    const random = new CaseRandom(3);
    const [q, v] = [random.tensor([3, 5, 2]), random.tensor([3, 4, 3])].map(upload);
    const k = upload(random.tensor([3, 4, 2]));
    const dy = upload(random.tensor([3, 5, 3]));
    const [whole, blocks] = [1e6, scoresAtOnce].map((n) =>
      tf.tidy(() => [attend(q, k, v, { scoresAtOnce: n }), ...attendGradient(dy, q, k, v, { scoresAtOnce: n })]),
    );
    for (const [i, tensor] of whole.entries()) {
      await expectClose(blocks[i], host(tensor.shape, await tensor.data()), 1e-6);
    }
    tf.dispose([q, k, v, dy, whole, blocks]);
  });

  it('attention over more queries than are held at once equals attention in blocks', async () => {
    const random = new CaseRandom(4);
    const [q, k, v, dy] = [
      [2, 77, 5],
      [2, 50, 5],
      [2, 50, 9],
      [2, 77, 9],
    ].map((shape) => upload(random.tensor(shape)) as tf.Tensor3D);
    const [value, dq, dk, dv] = tf.tidy(() => {
      const gradients = tf.grads((a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) =>
        attention(a as tf.Tensor3D, b as tf.Tensor3D, c as tf.Tensor3D),
      )([q, k, v], dy);
      return [attention(q, k, v), ...gradients];
    });
    const expected = tf.tidy(() => [attend(q, k, v), ...attendGradient(dy, q, k, v)]);
    for (const [i, tensor] of [value, dq, dk, dv].entries()) {
      await expectClose(tensor, host(expected[i].shape, await expected[i].data()), 1e-5);
    }
    tf.dispose([q, k, v, dy, value, dq, dk, dv, ...expected]);
  });

  it('nearestCode takes the first of equal rows', async () => {
    const codebook = tf.tensor2d([
      [2, 2],
      [1, 0],
      [1, 0],
      [0, 1],
    ]);
    const codes = nearestCode(
      tf.tensor2d([
        [1, 0],
        [0, 1],
      ]),
      codebook,
    );
    expect(Array.from(await codes.data())).toEqual([1, 3]);
  });
});

/** Rows whose distances differ by rounding alone may change places. */
async function expectNearest(vectors: Host, codebook: Host, actual: ArrayLike<number>): Promise<void> {
  nearestCodeReference(vectors, codebook).data.forEach((code, n) => {
    const excess = squaredDistance(vectors, codebook, n, actual[n]) - squaredDistance(vectors, codebook, n, code);
    expect(excess).toBeLessThan(1e-5);
  });
}
