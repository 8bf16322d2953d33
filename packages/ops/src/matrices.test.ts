import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { attention } from './attention';
import { attend, attendGradient } from './attention.blocks';
import { embedding } from './embedding';
import { matMul } from './matMul';
import { nearestCode, nearestRows } from './nearestCode';
import {
  attentionReference,
  embeddingReference,
  matMulReference,
  nearestCodeReference,
  squaredDistance,
} from './reference/matrices';
import { host, type Host } from './reference/host';
import { expectClose, itBehaves, upload, type Case } from './testing/behaviour';
import { onEveryDevice } from './testing/devices';
import { CaseRandom, randomCases } from './testing/random';

function matrixProduct(random: CaseRandom): Case {
  const [m, k, n] = random.three(1, 9);
  const batch = random.pick([[], [1], [3]]);
  const [transposeA, transposeB] = [random.uniform() < 0.5, random.uniform() < 0.5];
  return {
    name: `matMul ${batch} ${m} x ${k} x ${n}, transposed ${transposeA} ${transposeB}`,
    inputs: [
      random.tensor([...batch, ...(transposeA ? [k, m] : [m, k])]),
      random.tensor([...batch, ...(transposeB ? [n, k] : [k, n])]),
    ],
    run: (a: tf.Tensor, b: tf.Tensor) => matMul(a, b, { transposeA, transposeB }),
    reference: (a, b) => matMulReference(a, b, transposeA, transposeB),
  };
}

function attentionCase(random: CaseRandom): Case {
  const [batch, queries, keys] = random.three(1, 7);
  const [width, values] = [random.integer(1, 8), random.integer(1, 8)];
  return {
    name: `attention ${batch} x ${queries} x ${keys}, width ${width} and ${values}`,
    inputs: [
      random.tensor([batch, queries, width], 3),
      random.tensor([batch, keys, width], 3),
      random.tensor([batch, keys, values]),
    ],
    run: (q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D) => attention(q, k, v),
    reference: attentionReference,
  };
}

function embeddingCase(random: CaseRandom): Case {
  const rows = random.integer(1, 6);
  const shape = random.pick([[7], [2, 5], [1, 2, 3], []]);
  return {
    name: `embedding of [${shape}] in ${rows} rows`,
    inputs: [random.tensor([rows, random.integer(1, 5)]), random.indices(shape, rows)],
    run: (table: tf.Tensor2D, ids: tf.Tensor) => embedding(table, ids),
    reference: embeddingReference,
    differentiable: [0],
  };
}

onEveryDevice(() => {
  [...randomCases(14, matrixProduct), ...randomCases(6, attentionCase), ...randomCases(6, embeddingCase)].forEach(
    itBehaves,
  );

  it.each([1, 5, 12, 40])('attention in blocks of %i scores equals attention at once', async (scoresAtOnce) => {
    const random = new CaseRandom(3);
    const [q, v] = [random.tensor([3, 5, 2]), random.tensor([3, 4, 3])].map(upload);
    const k = upload(random.tensor([3, 4, 2]));
    const dy = upload(random.tensor([3, 5, 3]));
    const [whole, blocks] = [1e6, scoresAtOnce].map((n) =>
      tf.tidy(() => [attend(q, k, v, n), ...attendGradient(dy, q, k, v, n)]),
    );
    for (const [i, tensor] of whole.entries()) {
      await expectClose(blocks[i], host(tensor.shape, await tensor.data()), 1e-6);
    }
    tf.dispose([q, k, v, dy, whole, blocks]);
  });

  it.each(randomCases(6, (random) => random))('nearestCode finds the nearest row (%#)', async (random) => {
    const [count, codes, width] = [random.integer(1, 20), random.integer(1, 12), random.integer(1, 6)];
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
