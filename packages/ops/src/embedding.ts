import * as tf from '@tensorflow/tfjs-core';
import { dispatch } from './dispatch';
import { withGradient } from './gradient';
import { checkTensor } from './validate';

/**
 * Looks up rows of a table.
 *
 * @param table `[K, C]`.
 * @param ids int32 of any shape `[...]`, each in [0, K); not checked, since that would wait for the device.
 * @returns `[..., C]`. Rows looked up more than once add up in the gradient of the table.
 * @throws OpsError on other ranks or dtypes.
 */
export function embedding(table: tf.Tensor2D, ids: tf.Tensor): tf.Tensor {
  checkTensor('embedding', 'table', table, 2);
  checkTensor('embedding', 'ids', ids, undefined, 'int32');
  const [rows, width] = table.shape;
  return withGradient([table], (save) => {
    const flat = tf.reshape<tf.Rank.R1>(ids, [-1]);
    save([flat]);
    return {
      value: tf.reshape(
        dispatch<tf.Tensor>('Paired3dEmbedding', { table, ids: flat }, {}, () => tf.gather(table, flat)),
        [...ids.shape, width],
      ),
      gradient: (dy, [indices]) => {
        const dyRows = tf.reshape(dy, [-1, width]);
        return [
          dispatch<tf.Tensor>('Paired3dEmbeddingGrad', { dy: dyRows, ids: indices }, { rows }, () =>
            tf.scatterND(tf.expandDims(indices, 1), dyRows, [rows, width]),
          ),
        ];
      },
    };
  });
}
