import * as tf from '@tensorflow/tfjs-core';

/** Tensors and bytes that `run` leaves behind. */
export async function leaked(run: () => unknown): Promise<{ tensors: number; bytes: number }> {
  const before = tf.memory();
  await run();
  const after = tf.memory();
  return { tensors: after.numTensors - before.numTensors, bytes: after.numBytes - before.numBytes };
}

/** What {@link leaked} gives when nothing leaks. */
export const NOTHING = { tensors: 0, bytes: 0 };
