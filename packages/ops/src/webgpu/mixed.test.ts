import * as tf from '@tensorflow/tfjs';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { conv3d } from '../conv3d';
import { conv3dTranspose } from '../conv3dTranspose';
import { matMul } from '../matMul';
import { conv3dReference, conv3dTransposeReference } from '../reference/conv3d';
import { matMulReference } from '../reference/matrices';
import { expectClose, itBehaves, upload } from '../testing/behaviour';
import { poisonBuffers } from '../testing/poisonedBuffers';
import { CaseRandom, upTo } from '../testing/random';
import { dawn, hasHalf, hasMatrices } from '../testing/webgpu';
import { createWebgpuBackend, registerWebgpuKernels } from './index';

const start = async (matrices: boolean) => {
  const opened = await createWebgpuBackend(WebGPUBackend, { dawn, precision: 'mixed', matrices });
  registerWebgpuKernels();
  poisonBuffers(tf.backend());
  return opened;
};

/** Factors are rounded to 11 bits. */
const TOLERANCE = 2e-3;

const ways = [
  { name: 'webgpu, half precision', matrices: false, has: hasHalf },
  { name: 'webgpu, subgroup matrices', matrices: true, has: hasMatrices },
];

describe.each(ways)('$name', ({ matrices, has }) => {
  describe.skipIf(!has)('where the adapter has it', () => declare(matrices));
});

function declare(matrices: boolean): void {
  beforeAll(async () => {
    const { matrix, warnings } = await start(matrices);
    expect(warnings).toEqual([]);
    expect(matrix !== undefined).toBe(matrices);
  });

  const wide = fc.constantFrom(3, 12, 40);
  const size = fc.tuple(upTo(3), upTo(4), upTo(5));
  itBehaves(
    'conv3d',
    { inputs: wide, outputs: wide, size, stride: fc.constantFrom(1, 2) },
    ({ inputs, outputs, size, stride }, random) => ({
      inputs: [random.tensor([1, ...size, inputs]), random.tensor([3, 3, 3, inputs, outputs])],
      run: (x: tf.Tensor5D, filter: tf.Tensor5D) => conv3d(x, filter, { strides: stride }),
      reference: (x, filter) => conv3dReference(x, filter, [stride, stride, stride], [1, 1, 1]),
      tolerance: TOLERANCE,
    }),
  );

  itBehaves('conv3dTranspose', { inputs: wide, outputs: wide, size }, ({ inputs, outputs, size }, random) => ({
    inputs: [random.tensor([1, ...size, inputs]), random.tensor([3, 3, 3, outputs, inputs])],
    run: (x: tf.Tensor5D, filter: tf.Tensor5D) => conv3dTranspose(x, filter, { strides: 2 }),
    reference: (x, filter) => conv3dTransposeReference(x, filter, [2, 2, 2], [1, 1, 1], [1, 1, 1]),
    tolerance: TOLERANCE,
  }));

  itBehaves(
    'matMul',
    { rows: upTo(150), columns: upTo(70), depth: upTo(70), transposed: fc.tuple(fc.boolean(), fc.boolean()) },
    ({ rows, columns, depth, transposed: [left, right] }, random) => ({
      inputs: [
        random.tensor(left ? [depth, rows] : [rows, depth]),
        random.tensor(right ? [columns, depth] : [depth, columns]),
      ],
      run: (a: tf.Tensor2D, b: tf.Tensor2D) => matMul(a, b, { transposeA: left, transposeB: right }),
      reference: (a, b) => matMulReference(a, b, left, right),
      tolerance: TOLERANCE,
    }),
  );

  it('rounds factors to 11 bits and nothing else: not the sums, nor values of any size', async () => {
    const random = new CaseRandom(3);
    for (const scale of [1, 2 ** -90, 2 ** 90]) {
      const whole = (shape: number[], by: number) => {
        const { data, ...rest } = random.tensor(shape, 2047);
        return { ...rest, data: data.map((value) => Math.round(value) * by) };
      };
      const [a, b] = [whole([70, 300], scale), whole([300, 20], 1 / scale / 2 ** 20)];
      const [x, y] = [a, b].map(upload) as tf.Tensor2D[];
      await expectClose(matMul(x, y), matMulReference(a, b, false, false), 1e-6);
    }
    const finer = tf.fill([16, 16], 1 + 2 ** -12) as tf.Tensor2D;
    expect((await matMul(finer, finer).data())[0]).toBe(16);
  });
}
