import type * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { alongAxis } from './alongAxis';
import { avgPool3d } from './avgPool3d';
import { gaussianBlur3d } from './gaussianBlur3d';
import {
  alongAxisReference,
  avgPool3dReference,
  gaussianBlur3dReference,
  resize3dReference,
} from './reference/sampling';
import { resize3d } from './resize3d';
import { itBehaves } from './testing/behaviour';
import { onEveryDevice } from './testing/devices';
import { three, upTo } from './testing/random';

type Three = [number, number, number];

const volume = { batch: upTo(2), size: three(2, 7), channels: upTo(9) };

onEveryDevice(() => {
  itBehaves(
    'alongAxis',
    { ...volume, axis: fc.constantFrom(1 as const, 2 as const, 3 as const), rows: upTo(9) },
    ({ batch, size, channels, axis, rows }, random) => ({
      inputs: [random.tensor([batch, ...size, channels]), random.tensor([rows, size[axis - 1]])],
      run: (x: tf.Tensor5D, matrix: tf.Tensor2D) => alongAxis(x, matrix, axis),
      reference: (x, matrix) => alongAxisReference(x, matrix, axis),
      differentiable: [0],
    }),
  );

  itBehaves('resize3d', { ...volume, to: three(1, 9) }, ({ batch, size, channels, to }, random) => ({
    inputs: [random.tensor([batch, ...size, channels])],
    run: (x: tf.Tensor5D) => resize3d(x, to),
    reference: (x) => resize3dReference(x, to),
  }));

  itBehaves('resize3d to the same size', volume, ({ batch, size, channels }, random) => ({
    inputs: [random.tensor([batch, ...size, channels])],
    run: (x: tf.Tensor5D) => resize3d(x, size),
    reference: (x) => x,
    tolerance: 1e-7,
  }));

  itBehaves(
    'avgPool3d',
    {
      ...volume,
      window: fc.oneof(three(1, 3), fc.constantFrom<Three>([7, 7, 7], [7, 1, 5])),
      strides: fc.constantFrom<(Three | null)[]>(null, [1, 1, 1], [2, 2, 2], [2, 1, 2]),
      padded: fc.boolean(),
    },
    ({ batch, size, channels, window, strides, padded }, random) => {
      const fitting = window.map((k, i) => Math.min(k, size[i])) as Three;
      const padding = fitting.map((k) => (padded ? Math.floor(k / 2) : 0)) as Three;
      return {
        inputs: [random.tensor([batch, ...size, channels])],
        run: (x: tf.Tensor5D) => avgPool3d(x, { size: fitting, padding, ...(strides && { strides }) }),
        reference: (x) => avgPool3dReference(x, fitting, strides ?? fitting, padding),
      };
    },
  );

  itBehaves(
    'gaussianBlur3d',
    {
      ...volume,
      size: three(2, 5),
      channels: upTo(3),
      sigma: fc.tuple(fc.constantFrom(0, 0.4, 1), fc.constantFrom(0.1, 0.7), fc.constantFrom(0.5, 1)),
      padding: fc.constantFrom('zeros' as const, 'replicate' as const),
    },
    ({ batch, size, channels, sigma, padding }, random) => ({
      inputs: [random.tensor([batch, ...size, channels])],
      run: (x: tf.Tensor5D) => gaussianBlur3d(x, sigma, { padding }),
      reference: (x) => gaussianBlur3dReference(x, sigma, padding),
    }),
  );
});
