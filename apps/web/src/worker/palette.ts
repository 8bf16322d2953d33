import { FIXED_INK, MOVING_INK, PAPER } from '@paired3d/pipeline';
import type { VqAutoencoder } from '@paired3d/vqae';
import * as tf from '@tensorflow/tfjs-core';

/**
 * A colour for each code: the inks of the pair that it decodes to by itself. Blue: there is more of the fixed scan in it;
 * orange: of the moving one; dark: of both; paper: nothing.
 * @returns [codes, 4]
 */
export async function paletteOf(vqae: VqAutoencoder): Promise<Uint8ClampedArray> {
  const { codes } = vqae.config;
  const means = tf.tidy(() => {
    const alone = Int32Array.from({ length: codes * vqae.images }, (_, at) => Math.floor(at / vqae.images));
    const pairs = vqae.decodeTokens(tf.tensor5d(alone, [codes, vqae.images, 1, 1, 1], 'int32'));
    return tf.mean(pairs, [1, 2, 3]);
  });
  const values = (await means.data()) as Float32Array;
  means.dispose();
  const least = values.reduce((low, value) => Math.min(low, value), 1);
  const full = values.reduce((most, value) => Math.max(most, value), least + 1e-6);
  const amount = (at: number) => (values[at] - least) / (full - least);
  const palette = new Uint8ClampedArray(4 * codes);
  for (let code = 0; code < codes; code++) {
    palette.set([...inked(amount(2 * code), amount(2 * code + 1)), 255], 4 * code);
  }
  return palette;
}

/** Both inks on paper; amounts in [0, 1]. */
export function inked(fixed: number, moving: number): number[] {
  return PAPER.map(
    (paper, c) => paper * (1 - fixed * (1 - FIXED_INK[c] / 255)) * (1 - moving * (1 - MOVING_INK[c] / 255)),
  );
}
