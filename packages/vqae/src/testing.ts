import { Random } from '@paired3d/nn';
import * as tf from '@tensorflow/tfjs-core';
import { paperVqae, type MonaiNetworkConfig, type PatchNetworkConfig, type VqaeConfig } from './config';

const monai: MonaiNetworkConfig = { kind: 'monai', channels: [4, 4, 6], strides: [2, 1, 2] };
const patch: PatchNetworkConfig = { kind: 'patch', encoder: [4, 6], decoder: [6, 4] };

/** A network of a few hundred weights, cells of 4 voxels an axis, 6 codes of 6. */
export function tinyConfig(kind: 'monai' | 'patch', changes: Partial<VqaeConfig> = {}): VqaeConfig {
  return { ...paperVqae, network: kind === 'monai' ? monai : patch, codes: 6, codeDim: 6, ...changes };
}

/** Every combination of dimension, network and coding. */
export const variants = ([2, 3] as const).flatMap((spatialDims) =>
  (['monai', 'patch'] as const).flatMap((kind) =>
    (['joint', 'separate'] as const).map((coding) => ({ spatialDims, kind, coding })),
  ),
);

/** A batch of pairs of soft discs or balls [B, D, H, W, 2], every one different. */
export function discs(size: readonly [number, number, number], batch = 1, seed = 1): tf.Tensor5D {
  const random = new Random(seed);
  const values: number[] = [];
  for (let b = 0; b < batch; b++) {
    const centres = [0, 1].map(() => size.map((n) => (n - 1) * (0.3 + 0.4 * random.uniform())));
    const radius = Math.max(...size) * (0.2 + 0.15 * random.uniform());
    for (let i = 0; i < size[0]; i++) {
      for (let j = 0; j < size[1]; j++) {
        for (let k = 0; k < size[2]; k++) {
          for (const [ci, cj, ck] of centres) {
            values.push(1 / (1 + Math.exp(2 * (Math.hypot(i - ci, j - cj, k - ck) - radius))));
          }
        }
      }
    }
  }
  return tf.tensor5d(values, [batch, ...size, 2]);
}

/** Tensors and bytes that `run` leaves behind. */
export async function leaked(run: () => unknown): Promise<{ tensors: number; bytes: number }> {
  const before = tf.memory();
  await run();
  const after = tf.memory();
  return { tensors: after.numTensors - before.numTensors, bytes: after.numBytes - before.numBytes };
}

/** What {@link leaked} gives when nothing leaks. */
export const NOTHING = { tensors: 0, bytes: 0 };
