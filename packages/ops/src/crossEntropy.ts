import * as tf from '@tensorflow/tfjs-core';
import { dispatch } from './dispatch';
import { withGradient } from './gradient';
import { softmaxRows } from './softmax';
import { checkShape, checkTensor } from './validate';

/**
 * Cross entropy of each row: `-log softmax(logits)[n, labels[n]]`.
 *
 * @param logits `[N, K]`.
 * @param labels int32 `[N]`, each in [0, K); not checked, since that would wait for the device.
 * @returns `[N]`, in nats.
 * @throws OpsError on other shapes or dtypes.
 */
export function crossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  checkTensor('crossEntropy', 'logits', logits, 2);
  checkTensor('crossEntropy', 'labels', labels, 1, 'int32');
  checkShape('crossEntropy', 'labels', labels, [logits.shape[0]]);
  return withGradient<tf.Tensor1D>([logits], (save) => {
    save([logits, labels]);
    const out = dispatch<tf.Tensor | tf.Tensor[]>('Paired3dCrossEntropy', { logits, labels }, {}, () =>
      lossComposite(logits, labels),
    );
    return {
      value: Array.isArray(out) ? out[0] : out,
      gradient: (dy, [z, t]) => [
        dispatch<tf.Tensor>('Paired3dCrossEntropyGrad', { dy, logits: z, labels: t }, {}, () =>
          gradientComposite(dy, z, t),
        ),
      ],
    };
  });
}

/** `[[0, labels[0]], [1, labels[1]], …]`. */
function places(labels: tf.Tensor): tf.Tensor2D {
  return tf.stack([tf.range(0, labels.size, 1, 'int32'), labels], 1) as tf.Tensor2D;
}

function lossComposite(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const shifted = tf.sub(logits, tf.max(logits, 1, true));
  return tf.sub(tf.log(tf.sum(tf.exp(shifted), 1)), tf.gatherND(shifted, places(labels)));
}

function gradientComposite(dy: tf.Tensor, logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const hits = tf.scatterND(places(labels), dy, logits.shape);
  return tf.sub(tf.mul(softmaxRows(logits), tf.expandDims(dy, 1)), hits);
}
