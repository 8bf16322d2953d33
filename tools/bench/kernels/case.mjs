// What a kernel's case is made of.

/**
 * A case is `{ name, what, sizes, inputs, work, ours, torch, stock, tolerance }`:
 * - `sizes`: the preset that has these shapes
 * - `inputs`: `{ name: { shape, layout, dtype, scale, below } }`, filled with random numbers in ±scale (or in 0..below - 1)
 * - `work`: `{ flops }` of what computes, `{ bytes }` (least traffic) of what moves memory
 * - `ours`: from tensors to tensors
 * - `stock`: the same in stock TensorFlow.js, where that has the operation; by default it is `ours` without our kernels,
 *   that is the composite of stock operations; null leaves it out
 * - `torch`: `{ op, options, layouts }`, an operation of torch/operations.py and the layouts of what it returns
 */
export const volume = (...shape) => ({ shape, layout: 'volume' });
export const filter = (...shape) => ({ shape, layout: 'filter', scale: 0.2 });
export const plain = (...shape) => ({ shape });

export const count = (shape) => shape.reduce((product, n) => product * n, 1);

/** Least memory traffic of float32 arrays that are each read or written once. */
export const bytesOf = (...specs) => specs.reduce((sum, { shape }) => sum + 4 * count(shape), 0);

/** The value of `f` and its gradients with respect to the inputs called `names`, for the adjoint `dy`. */
export const withBackward = (tf, f, names) => (tensors) => {
  const g = tf.valueAndGrads((...leaves) =>
    f({ ...tensors, ...Object.fromEntries(names.map((n, i) => [n, leaves[i]])) }),
  );
  const { value, grads } = g(
    names.map((name) => tensors[name]),
    tensors.dy,
  );
  return [value, ...grads];
};

/**
 * The two cases of an operation: forward, and forward with backward.
 * @param spec `{ name, what, sizes, inputs, dy, work, f, stock, torch, gradients }`: `f` from tensors to a tensor, `dy` the
 *   shape of the result, `gradients` the names of the inputs that get one; `backwardWork` is how many times the
 *   forward's work the two passes are together
 */
export function bothWays(tf, { dy, f, gradients, torch, work, backwardWork = 3, stock, ...spec }) {
  const layout = dy.layout ?? 'plain';
  const layouts = gradients.map((name) => spec.inputs[name].layout ?? 'plain');
  const scaled = Object.fromEntries(Object.entries(work).map(([unit, amount]) => [unit, backwardWork * amount]));
  const forward = {
    ...spec,
    name: `${spec.name}, forward`,
    work,
    ours: (tensors) => [f(tensors)],
    torch: { ...torch, layouts: [layout] },
  };
  const backward = {
    ...spec,
    name: `${spec.name}, forward + backward`,
    inputs: { ...spec.inputs, dy },
    work: scaled,
    ours: withBackward(tf, f, gradients),
    torch: { ...torch, options: { ...torch.options, backward: true }, layouts: [layout, ...layouts] },
  };
  if (stock !== undefined) {
    forward.stock = stock && ((tensors) => [stock(tensors)]);
    backward.stock = stock && withBackward(tf, stock, gradients);
  }
  return [forward, backward];
}
