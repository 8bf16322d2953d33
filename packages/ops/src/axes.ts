import * as tf from '@tensorflow/tfjs-core';

/** `[outer, n, inner]`: a tensor seen from one of its axes. */
export function aroundAxis(shape: readonly number[], axis: number): [number, number, number] {
  const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  return [product(shape.slice(0, axis)), shape[axis], product(shape.slice(axis + 1))];
}

function withAxis(shape: readonly number[], axis: number, n: number): number[] {
  return shape.map((size, i) => (i === axis ? n : size));
}

/** Adds zeros around, or with negative counts crops, the middle axis of `[outer, n, inner]`. */
function padMiddle(x: tf.Tensor3D, before: number, after: number): tf.Tensor3D {
  const [outer, n, inner] = x.shape;
  const start = Math.max(0, -before);
  const end = n - Math.max(0, -after);
  const parts: tf.Tensor3D[] = [];
  if (end <= start) return tf.zeros([outer, n + before + after, inner]);
  if (before > 0) parts.push(tf.zeros([outer, before, inner]));
  parts.push(start === 0 && end === n ? x : tf.slice(x, [0, start, 0], [outer, end - start, inner]));
  if (after > 0) parts.push(tf.zeros([outer, after, inner]));
  return parts.length === 1 ? parts[0] : tf.concat(parts, 1);
}

/**
 * `y[i] = x[start + i * stride]` along an axis, for `count` values of i, zero outside x.
 *
 * Made of reshape, slice and concat of rank 3: `pad` and `stridedSlice` of rank 5 are wrong on the webgpu backend.
 */
export function take(x: tf.Tensor, axis: number, start: number, count: number, stride: number): tf.Tensor {
  const [outer, n, inner] = aroundAxis(x.shape, axis);
  if (start === 0 && count === n && stride === 1) return x.clone();
  return tf.tidy(() => {
    const span = padMiddle(tf.reshape(x, [outer, n, inner]), -start, start + count * stride - n);
    const phases = tf.reshape(span, [outer * count, stride * inner]);
    return tf.reshape(tf.slice(phases, [0, 0], [outer * count, inner]), withAxis(x.shape, axis, count));
  });
}

/** The adjoint of {@link take}: `y[start + i * stride] = x[i]` in zeros of length `n`; what falls outside is dropped. */
export function put(x: tf.Tensor, axis: number, start: number, stride: number, n: number): tf.Tensor {
  const [outer, count, inner] = aroundAxis(x.shape, axis);
  if (start === 0 && count === n && stride === 1) return x.clone();
  return tf.tidy(() => {
    const first = tf.reshape(x, [outer * count, inner]);
    const phases = stride === 1 ? first : tf.concat([first, tf.zeros([outer * count, (stride - 1) * inner])], 1);
    const span = tf.reshape(phases, [outer, count * stride, inner]) as tf.Tensor3D;
    return tf.reshape(padMiddle(span, start, n - start - count * stride), withAxis(x.shape, axis, n));
  });
}
