import * as tf from '@tensorflow/tfjs-core';
import { dispatch } from './dispatch';
import { withGradient } from './gradient';
import { gridSample3d } from './gridSample3d';
import { gridSample3dGradComposite } from './gridSample3d.composite';
import { identityGrid } from './grids';
import { checkShape, checkTensor, triple } from './validate';

/*
 * A displacement field is `[B, D, H, W, 3]`, normalised as the grids of `gridSample3d` are, last axis x, y, z = W, H, D
 * axis. It stands for the transformation p -> p + d(p).
 */

/**
 * The displacement of (id + b) o (id + a), that is a + b o (id + a): follow `a` first, then `b` from there. `b` is
 * sampled linearly, beyond its border as at the border.
 *
 * @param a `[B, D, H, W, 3]`.
 * @param b `[B, d, h, w, 3]`, of any size: both cover the same space.
 * @returns `[B, D, H, W, 3]`.
 * @throws OpsError when shapes do not match.
 */
export function composeFields(a: tf.Tensor5D, b: tf.Tensor5D): tf.Tensor5D {
  checkField('composeFields', 'a', a);
  checkField('composeFields', 'b', b);
  checkShape('composeFields', 'b', b, [a.shape[0], -1, -1, -1, 3]);
  return withGradient<tf.Tensor5D>([a, b], (save) => {
    save([a, b]);
    return { value: follow(a, b), gradient: (dy, [first, second]) => followGradients(dy, first, second) };
  });
}

/**
 * Exponential of a stationary velocity field by scaling and squaring: d_0 = v / 2^steps, then `steps` times
 * d <- d + d o (id + d). The result is (nearly) a diffeomorphism, and the exponential of -v its inverse.
 *
 * V. Arsigny, O. Commowick, X. Pennec, N. Ayache: A log-Euclidean framework for statistics on diffeomorphisms, MICCAI 2006.
 * @param velocity `[B, D, H, W, 3]`.
 * @param steps number of squarings, 0 or more.
 * @returns displacement, of the velocity's shape.
 * @throws OpsError when the velocity is no field or `steps` no whole number.
 */
export function exponentialField(velocity: tf.Tensor5D, steps: number): tf.Tensor5D {
  checkField('exponentialField', 'velocity', velocity);
  const [count] = triple('exponentialField', 'steps', steps, 0);
  return withGradient<tf.Tensor5D>([velocity], (save) => {
    const fields: tf.Tensor[] = [tf.mul(velocity, 2 ** -count)];
    for (let step = 0; step < count; step++) fields.push(follow(fields[step], fields[step]));
    save(fields.slice(0, count));
    const gradient = (dy: tf.Tensor, saved: tf.Tensor[]) =>
      tf.mul(
        saved.reduceRight(
          (g, field) => tf.tidy(() => tf.add(...(followGradients(g, field, field) as [tf.Tensor, tf.Tensor]))),
          dy,
        ),
        2 ** -count,
      );
    return { value: fields[count], gradient: (dy, saved) => [gradient(dy, saved)] };
  });
}

/** Checks that a tensor is a displacement or velocity field. */
export function checkField(op: string, name: string, field: tf.Tensor): void {
  checkTensor(op, name, field, 5);
  checkShape(op, name, field, [-1, -1, -1, -1, 3]);
}

/** The points p + d(p). */
export function pointsOf(displacement: tf.Tensor): tf.Tensor5D {
  const [batch, depth, height, width] = displacement.shape;
  return tf.add(identityGrid([depth, height, width], batch), displacement);
}

function follow(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return dispatch('Paired3dComposeFields', { a, b }, {}, () =>
    tf.add(a, gridSample3d(b as tf.Tensor5D, pointsOf(a), { padding: 'border' })),
  );
}

function followGradients(dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor): tf.Tensor[] {
  return dispatch('Paired3dComposeFieldsGrad', { dy, a, b }, {}, () => {
    const fields = [dy, b, pointsOf(a)] as [tf.Tensor5D, tf.Tensor5D, tf.Tensor5D];
    const [db, atPoints] = gridSample3dGradComposite(...fields, 'linear', 'border', true);
    return [tf.add(dy, atPoints), db];
  });
}
