import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { avgPool3d } from '@paired3d/ops';
import { PAPER_CONFIG } from './config';
import { Smoothing } from './smoothing';
import { leaked, smoothField, useWasm } from './testing';

beforeAll(useWasm);

describe('Smoothing', () => {
  it('is the chain of pools', () => {
    const size = [24, 20, 22] as const;
    const x = smoothField(size, 1, 1);
    const smoothing = new Smoothing({ ...PAPER_CONFIG, size });
    const pooled = [2, 2, 1, 1].reduce((y, strides) => avgPool3d(y, { size: 7, strides, padding: 3 }), x);
    const result = smoothing.apply(x);
    expect(smoothing.grid).toEqual([6, 5, 6]);
    expect(result.shape).toEqual(pooled.shape);
    expect(tf.max(tf.abs(tf.sub(result, pooled))).dataSync()[0]).toBeLessThan(1e-6);
  });

  it('stays in the plane in 2D and frees its matrices', async () => {
    const x = smoothField([1, 16, 16], 1, 2);
    expect(
      await leaked(() => {
        const smoothing = new Smoothing({ ...PAPER_CONFIG, size: [1, 16, 16], spatialDims: 2 });
        const result = smoothing.apply(x);
        expect(result.shape).toEqual([1, 1, 4, 4, 3]);
        result.dispose();
        smoothing.dispose();
      }),
    ).toBe(0);
  });
});
