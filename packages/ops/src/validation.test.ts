import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import * as ops from './index';

beforeAll(() => tf.setBackend('cpu'));

const zeros = <T extends tf.Tensor>(...shape: number[]) => tf.zeros(shape) as T;
const volume = () => zeros<tf.Tensor5D>(1, 3, 3, 3, 2);
const row = (n: number) => zeros<tf.Tensor1D>(n);

/** Of a step that is none. */
const adam = { learningRate: 1, beta1: 0, beta2: 0, epsilon: 1, step: 0 };

const mistakes: [op: string, expected: RegExp, call: () => unknown][] = [
  ['conv3d', /x of rank 5/, () => ops.conv3d(zeros(3, 3), zeros(3, 3, 3, 2, 2))],
  ['conv3d', /a filter \[kD, kH, kW, 2, Cout\]/, () => ops.conv3d(volume(), zeros(3, 3, 3, 3, 2))],
  ['conv3d', /strides of whole numbers >= 1/, () => ops.conv3d(volume(), zeros(3, 3, 3, 2, 2), { strides: 0 })],
  ['conv3d', /at least as large as the kernel/, () => ops.conv3d(volume(), zeros(5, 1, 1, 2, 2), { padding: 0 })],
  ['conv3d', /x of dtype float32/, () => ops.conv3d(tf.cast(volume(), 'int32'), zeros(3, 3, 3, 2, 2))],
  ['conv3dTranspose', /a filter \[kD, kH, kW, Cout, 2\]/, () => ops.conv3dTranspose(volume(), zeros(3, 3, 3, 2, 3))],
  [
    'conv3dTranspose',
    /outputPadding below strides/,
    () => ops.conv3dTranspose(volume(), zeros(3, 3, 3, 2, 2), { strides: 2, outputPadding: 2 }),
  ],
  ['conv3dTranspose', /at least one voxel/, () => ops.conv3dTranspose(volume(), zeros(1, 1, 1, 2, 2), { padding: 2 })],
  ['matMul', /two matrices/, () => ops.matMul<tf.Tensor>(zeros(2, 3), zeros(1, 3, 2))],
  ['matMul', /same length/, () => ops.matMul(zeros(2, 3, 3), zeros(1, 3, 3))],
  ['matMul', /equal inner sizes/, () => ops.matMul(zeros(2, 3), zeros(2, 3))],
  ['instanceNorm', /x of rank 5/, () => ops.instanceNorm(zeros(2, 3))],
  ['instanceNormPrelu', /alpha of shape \[1\]/, () => ops.instanceNormPrelu(volume(), row(2))],
  ['addBias', /shape \[4\]/, () => ops.addBias(tf.zeros([3, 4]), row(2))],
  ['prelu', /alpha of shape \[1\]/, () => ops.prelu(volume(), row(2))],
  ['layerNorm', /offset of shape \[3\]/, () => ops.layerNorm(zeros(2, 3), row(3), row(2))],
  ['gelu', /float32/, () => ops.gelu(tf.tensor1d([1], 'int32'))],
  ['attention', /q \[N,S,E\]/, () => ops.attention(zeros(1, 2, 3), zeros(1, 2, 4), zeros(1, 2, 3))],
  ['gridSample3d', /grid of shape \[1,\*,\*,\*,3\]/, () => ops.gridSample3d(volume(), zeros(2, 1, 1, 1, 3))],
  ['gridSample3d', /mode/, () => ops.gridSample3d(volume(), zeros(1, 1, 1, 1, 3), { mode: 'cubic' as 'linear' })],
  ['gridSample3d', /padding/, () => ops.gridSample3d(volume(), zeros(1, 1, 1, 1, 3), { padding: 'wrap' as 'zeros' })],
  ['composeFields', /b of shape \[1,\*,\*,\*,3\]/, () => ops.composeFields(zeros(1, 2, 2, 2, 3), zeros(2, 2, 2, 2, 3))],
  ['exponentialField', /velocity of shape/, () => ops.exponentialField(volume(), 3)],
  ['exponentialField', /steps of whole numbers >= 0/, () => ops.exponentialField(zeros(1, 2, 2, 2, 3), 1.5)],
  ['warp3d', /displacement of shape \[1,\*,\*,\*,3\]/, () => ops.warp3d(volume(), zeros(2, 3, 3, 3, 3))],
  ['globalCorrelation', /y of shape \[2,3\]/, () => ops.globalCorrelation(zeros(2, 3), zeros(2, 2))],
  ['globalCorrelation', /a floor above 0/, () => ops.globalCorrelation(zeros(2, 3), zeros(2, 3), 0)],
  ['smoothness', /weights of numbers >= 0/, () => ops.smoothness(volume(), { bending: -1 })],
  ['identityGrid', /size of whole numbers >= 1/, () => ops.identityGrid([0, 1, 1])],
  ['affineGrid', /theta of shape/, () => ops.affineGrid(zeros(1, 3, 3), [1, 1, 1])],
  ['alongAxis', /axis 1, 2 or 3/, () => ops.alongAxis(volume(), zeros(2, 2), 4 as 3)],
  ['alongAxis', /matrix of shape \[\*,3\]/, () => ops.alongAxis(volume(), zeros(2, 2), 1)],
  ['resize3d', /three whole numbers/, () => ops.resize3d(volume(), [1, 2] as unknown as [number, number, number])],
  ['avgPool3d', /a window that fits/, () => ops.avgPool3d(volume(), { size: 3, padding: 2 })],
  ['gaussianBlur3d', /sigma of numbers >= 0/, () => ops.gaussianBlur3d(volume(), -1)],
  ['gaussianBlur3d', /padding/, () => ops.gaussianBlur3d(volume(), 1, { padding: 'wrap' as 'zeros' })],
  ['nearestCode', /a codebook \[K, 3\]/, () => ops.nearestCode(zeros(2, 3), zeros(2, 4))],
  ['crossEntropy', /labels of dtype int32/, () => ops.crossEntropy(zeros(2, 3), row(2))],
  ['crossEntropy', /labels of shape \[2\]/, () => ops.crossEntropy(zeros(2, 3), tf.tensor1d([1], 'int32'))],
  [
    'weightedCrossEntropy',
    /targets of shape \[2,3\]/,
    () => ops.weightedCrossEntropy(zeros(2, 3), zeros(2, 2), row(3)),
  ],
  ['embedding', /ids of dtype int32/, () => ops.embedding(zeros(2, 3), row(1))],
  ['adamUpdate', /step 1, 2/, () => ops.adamUpdate(row(1), row(1), row(1), row(1), adam)],
  ['adamUpdateAll', /as many gradients/, () => ops.adamUpdateAll([row(1)], [], row(1), row(1), adam)],
  ['adamUpdateAll', /gradient 0 of shape \[1\]/, () => ops.adamUpdateAll([row(1)], [row(2)], row(1), row(1), adam)],
  [
    'adamUpdateAll',
    /v of shape \[3\]/,
    () => ops.adamUpdateAll([row(1), row(2)], [row(1), row(2)], row(3), row(2), adam),
  ],
  ['adamUpdateAll', /step 1, 2/, () => ops.adamUpdateAll([row(1)], [row(1)], row(1), row(1), adam)],
];

it.each(mistakes)('%s says what it expected: %s', (op, expected, call) => {
  const error = thrownBy(call);
  expect(error).toBeInstanceOf(ops.OpsError);
  const { name, message, ...fields } = error as ops.OpsError;
  expect(name).toBe('OpsError');
  expect(fields).toMatchObject({ op, expected: expect.stringMatching(expected) });
  expect(message).toBe(`${op}: expected ${fields.expected}, got ${fields.got}; ${fields.advice}`);
});

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}
