// Weights and gradients between us and PyTorch.

/** Weights as inputs of the bridge; they have PyTorch's names and layouts already. */
export function weightInputs(weights) {
  const entries = [...weights].map(([name, { data, shape }]) => [
    `weights/${name}`,
    { values: data, shape, dtype: 'float32' },
  ]);
  return Object.fromEntries(entries);
}

/** Adam's first beta, with which all networks are trained. */
const BETA1 = 0.9;

/** The gradients of the first update, which Adam's mean of gradients is then (1 - beta1) times, in PyTorch's layout. */
export function gradientsOf(tf, names, optimiserState, prefix = '') {
  return Promise.all(
    names.map(async (name) => {
      const moment = optimiserState.get(`${prefix}${name}.exp_avg`);
      if (!moment) throw new Error(`bench: expected a gradient of ${name}, got none`);
      const gradient = tf.tidy(() => {
        const x = tf.mul(tf.tensor(moment.data, moment.shape), 1 / (1 - BETA1));
        return x.rank === 5 ? tf.transpose(x, [4, 3, 0, 1, 2]) : x;
      });
      const values = await gradient.data();
      gradient.dispose();
      return values;
    }),
  );
}
