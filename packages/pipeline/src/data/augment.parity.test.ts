import { Random } from '@paired3d/nn';
import { gridSample3d } from '@paired3d/ops';
import { registerWasmKernels } from '@paired3d/ops/wasm';
import { expectClose, golden } from '@paired3d/oracle';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { augmentPresets, drawAugmentation } from './augment';
import type { Size3 } from './types';

const file = golden('augmentation');
const size = file.tensor('images').shape.slice(1, 4) as unknown as Size3;

/** Draws the numbers that PyTorch drew: the matrix of the golden file less the identity, over 0.05. */
class Replayed extends Random {
  private at = 0;
  override normal(): number {
    const { data } = file.tensor('matrix');
    const i = this.at++;
    if (i >= 12) return super.normal();
    return (data[i] - (Math.floor(i / 4) === i % 4 ? 1 : 0)) / 0.05;
  }
}

/** eye + N(0, 0.05), the paper's. */
const paper = { ...augmentPresets.none, affine: 0.05, translation: 0.05 };

describe('the affine augmentation against PyTorch', () => {
  it('draws the matrix row by row and samples the same places', () => {
    const { fixed, moving } = drawAugmentation(new Replayed(0), size, paper);
    expectClose(fixed, file.tensor('grid').data, { tolerance: 1e-5, what: 'the grid' });
    expect(moving).toEqual(fixed);
  });

  describe.each(['cpu', 'wasm'])('on %s', (backend) => {
    beforeAll(async () => {
      await tf.setBackend(backend);
      if (backend === 'wasm') await registerWasmKernels();
    });

    it.each(['nearest', 'linear'] as const)('gives the same images, %s', async (mode) => {
      const { fixed } = drawAugmentation(new Replayed(0), size, paper);
      const images = tf.tensor(file.tensor('images').data as Float32Array, [1, ...size, 2]) as tf.Tensor5D;
      const warped = gridSample3d(images, tf.tensor(fixed, [1, ...size, 3]) as tf.Tensor5D, { mode });
      expectClose(await warped.data(), file.tensor(mode).data, { what: mode });
    });
  });
});
