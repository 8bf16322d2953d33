import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { composeFields, exponentialField } from './composeFields';
import { globalCorrelation } from './globalCorrelation';
import {
  composeFieldsReference,
  exponentialFieldReference,
  globalCorrelationReference,
  smoothnessReference,
  warp3dReference,
} from './reference/fields';
import { host, type Host } from './reference/host';
import { identityGridReference } from './reference/sampling';
import { smoothness } from './smoothness';
import { itBehaves } from './testing/behaviour';
import { onEveryDevice } from './testing/devices';
import { three, upTo, type CaseRandom } from './testing/random';
import { warp3d } from './warp3d';

const fields = { batch: upTo(2), size: three(1, 5), other: three(1, 5), same: fc.boolean() };

/** Displacements of `size` to places in a volume of `target` voxels where its interpolation has no kinks. */
function displacement(random: CaseRandom, batch: number, size: readonly number[], target: readonly number[]): Host {
  const places = random.grid([batch, ...size], target);
  const identity = identityGridReference(size, batch);
  const moved = Float32Array.from(places.data, (value, i) => value - identity.data[i]);
  return host(places.shape, moved);
}

onEveryDevice(() => {
  itBehaves('composeFields', fields, ({ batch, size, other, same }, random) => {
    const target = same ? size : other;
    return {
      inputs: [displacement(random, batch, size, target), random.tensor([batch, ...target, 3])],
      run: (a: tf.Tensor5D, b: tf.Tensor5D) => composeFields(a, b),
      reference: composeFieldsReference,
    };
  });

  itBehaves(
    'exponentialField',
    { batch: upTo(2), size: three(1, 4), steps: fc.integer({ min: 0, max: 3 }) },
    ({ batch, size, steps }, random) => ({
      inputs: [random.tensor([batch, ...size, 3], 0.7)],
      run: (velocity: tf.Tensor5D) => exponentialField(velocity, steps),
      reference: (velocity) => exponentialFieldReference(velocity, steps),
    }),
  );

  itBehaves(
    'warp3d',
    { ...fields, channels: fc.constantFrom(1, 1, 2) },
    ({ batch, size, other, same, channels }, random) => {
      const target = same ? size : other;
      return {
        inputs: [random.tensor([batch, ...target, channels]), displacement(random, batch, size, target)],
        run: (image: tf.Tensor5D, field: tf.Tensor5D) => warp3d(image, field),
        reference: warp3dReference,
        differentiable: [1],
      };
    },
  );

  itBehaves(
    'globalCorrelation',
    { batch: upTo(3), size: three(2, 6), channels: upTo(2), floor: fc.constantFrom(1e-7, 0.01) },
    ({ batch, size, channels, floor }, random) => ({
      inputs: [random.tensor([batch, ...size, channels]), random.tensor([batch, ...size, channels])],
      run: (x: tf.Tensor, y: tf.Tensor) => globalCorrelation(x, y, floor),
      reference: (x, y) => globalCorrelationReference(x, y, floor),
      differentiable: [0],
    }),
  );

  itBehaves(
    'smoothness',
    {
      batch: upTo(2),
      size: three(1, 6),
      channels: upTo(4),
      diffusion: fc.constantFrom(0, 0.3),
      bending: fc.constantFrom(0, 0.7),
      scale: fc.constantFrom<[number, number, number]>([1, 1, 1], [0.5, 1, 1.5]),
    },
    ({ batch, size, channels, diffusion, bending, scale }, random) => ({
      inputs: [random.tensor([batch, ...size, channels])],
      run: (x: tf.Tensor5D) => smoothness(x, { diffusion, bending, scale }),
      reference: (x) => smoothnessReference(x, diffusion, bending, scale),
    }),
  );

  it('a constant image correlates with nothing, and pulls nowhere', async () => {
    const [x, y] = [tf.zeros([1, 2, 2, 2, 1]), tf.randomNormal([1, 2, 2, 2, 1], 0, 1, 'float32', 3)];
    const value = globalCorrelation(x, y);
    expect(Array.from(await value.data())).toEqual([0]);
    const gradient = tf.grad((image) => globalCorrelation(image, x))(y);
    expect(Array.from(await gradient.data()).every((entry) => entry === 0)).toBe(true);
    tf.dispose([x, y, value, gradient]);
  });

  it('what is not a number stays that, and harms nothing else', async () => {
    const displacement = tf.tensor5d([NaN, 0, 0, 0, 0, 0], [1, 1, 1, 2, 3]);
    const field = tf.tensor5d([0.1, 0.2, 0.3, 0.1, 0.2, 0.3], [1, 1, 1, 2, 3]);
    const image = tf.tensor5d([5, 7], [1, 1, 1, 2, 1]);
    const [composed, warped] = tf.tidy(() => [composeFields(displacement, field), warp3d(image, displacement)]);
    const vectors = await composed.data();
    expect(vectors[0]).toBeNaN();
    expect(Array.from(vectors.slice(3))).toEqual(Array.from(Float32Array.of(0.1, 0.2, 0.3)));
    expect((await warped.data())[1]).toBe(7);
    tf.dispose([displacement, field, image, composed, warped]);
  });
});
