import * as tf from '@tensorflow/tfjs-core';
import type { Diagnosis } from '../protocol';
import type { Session } from './session';

/** Of the tokens whose logits are compared; the bundle has those. */
const STRIDE = 81;

/** Counts what is held, and compares the denoiser's logits of a wholly masked grid with those of Node. */
export async function diagnose({ denoiser, reference }: Session): Promise<Diagnosis> {
  const { numTensors, numBytes } = tf.memory();
  const began = performance.now();
  const rows = Int32Array.from({ length: Math.ceil(denoiser.tokens / STRIDE) }, (_, row) => STRIDE * row);
  const logits = tf.tidy(() => {
    const masked: tf.Tensor2D = tf.fill([1, denoiser.tokens], denoiser.maskId, 'int32');
    return denoiser.head(denoiser.hiddenAt(masked, rows));
  });
  const values = await logits.data();
  logits.dispose();
  const seconds = (performance.now() - began) / 1000;
  return { tensors: numTensors, bytes: numBytes, logits: largestDifference(values, reference), seconds };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}
