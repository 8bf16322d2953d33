import * as tf from '@tensorflow/tfjs-core';
import { dispatch } from './dispatch';
import { OpsError } from './errors';
import { withGradient } from './gradient';
import { checkShape, checkTensor } from './validate';

/**
 * Normalised cross correlation over all voxels of a sample: cov(x, y) / sqrt(var(x) var(y)).
 *
 * With centred x and y the derivative by x is (y - cov / var(x) x) / (N sqrt(var(x) var(y))). y is taken as constant.
 *
 * @param x `[B, ...]`.
 * @param y of the same shape.
 * @param varianceFloor is added to each variance, so that an even image has a correlation of 0 rather than none.
 * @returns `[B]`, each within [-1, 1].
 * @throws OpsError when shapes differ or the floor is not positive.
 */
export function globalCorrelation(x: tf.Tensor, y: tf.Tensor, varianceFloor = 1e-7): tf.Tensor1D {
  checkTensor('globalCorrelation', 'x', x);
  checkTensor('globalCorrelation', 'y', y);
  checkShape('globalCorrelation', 'y', y, x.shape);
  if (!(varianceFloor > 0) || x.rank === 0) {
    const got = `${varianceFloor} and rank ${x.rank}`;
    throw new OpsError('globalCorrelation', 'a floor above 0 and a batch of images', got, 'give both');
  }
  return withGradient<tf.Tensor1D>([x], (save) => {
    const [value, statistics] = dispatch('Paired3dCorrelation', { x, y }, { floor: varianceFloor }, () =>
      correlationComposite(x, y, varianceFloor),
    );
    save([x, y, statistics]);
    return {
      value,
      gradient: (dy, [first, second, saved]) => [
        dispatch('Paired3dCorrelationGrad', { dy, x: first, y: second, statistics: saved }, {}, () =>
          gradientComposite(dy, first, second, saved),
        ),
      ],
    };
  });
}

const rows = (x: tf.Tensor) => tf.reshape<tf.Rank.R2>(x, [x.shape[0], -1]);

/** The correlations, and [mean x, mean y, 1 / (N sqrt(var x var y)), cov / var x] of each sample. */
function correlationComposite(x: tf.Tensor, y: tf.Tensor, floor: number): tf.Tensor[] {
  const [a, b] = [rows(x), rows(y)];
  const means = [a, b].map((values) => tf.mean(values, 1, true));
  const [u, v] = [tf.sub(a, means[0]), tf.sub(b, means[1])];
  const covariance = tf.mean(tf.mul(u, v), 1, true);
  const variances = [u, v].map((values) => tf.add(tf.mean(tf.square(values), 1, true), floor));
  // The product of two small variances would leave single precision.
  const scale = tf.mul(tf.rsqrt(variances[0]), tf.rsqrt(variances[1]));
  const statistics = [...means, tf.mul(scale, 1 / a.shape[1]), tf.div(covariance, variances[0])];
  return [tf.reshape(tf.mul(covariance, scale), [-1]), tf.concat(statistics, 1)];
}

function gradientComposite(dy: tf.Tensor, x: tf.Tensor, y: tf.Tensor, statistics: tf.Tensor): tf.Tensor {
  const [meanX, meanY, scale, ratio] = tf.split(statistics as tf.Tensor2D, 4, 1);
  const difference = tf.sub(tf.sub(rows(y), meanY), tf.mul(ratio, tf.sub(rows(x), meanX)));
  return tf.reshape(tf.mul(difference, tf.mul(scale, tf.reshape(dy, [-1, 1]))), x.shape);
}
