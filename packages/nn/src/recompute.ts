import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from './layers';
import type { Parameters } from './parameters';

/**
 * A layer that keeps only its input for the gradient and computes its inner values again when they are needed: one more
 * forward pass for the memory of its activations (gradient checkpointing: Chen et al., 2016). Values and gradients are
 * those of the layer, bit for bit, if it computes the same each time: random numbers in it must be keyed.
 *
 * @param layer a function of one tensor; its result must be a new one
 * @param parameters the weights that the layer uses, which get their gradients; none by default
 * @param options `constantInput`: true when x needs no gradient, e.g. an image (default false)
 * @returns the layer, for first-order gradients; may be nested
 */
export function recompute<X extends tf.Tensor, Y extends tf.Tensor>(
  layer: Layer<X, Y>,
  parameters?: Parameters,
  { constantInput = false }: { constantInput?: boolean } = {},
): Layer<X, Y> {
  return (x) => {
    const weights = [...(parameters?.entries.values() ?? [])].filter(({ trainable }) => trainable);
    const operation = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
      (args.at(-1) as tf.GradSaveFunc)([x]);
      const gradFunc = (dy: tf.Tensor, [input]: tf.Tensor[]) =>
        gradientsApart(() => layer(input as X), constantInput ? weights : [input, ...weights], dy);
      return { value: layer(x), gradFunc };
    });
    return operation(...(constantInput ? [] : [x]), ...weights) as Y;
  };
}

/**
 * Gradients of `f` during the backward pass of another one. TensorFlow.js has one tape, which it clears after use: the
 * one at work is set aside meanwhile.
 */
function gradientsApart(f: () => tf.Tensor, xs: tf.Tensor[], dy: tf.Tensor): tf.Tensor[] {
  const { state } = tf.engine();
  const { activeTape, gradientDepth } = state;
  state.gradientDepth = 0;
  try {
    return tf.tidy(() => {
      // The value has been given out before: only its place on the tape is needed.
      const valueless = () => {
        const y = f();
        y.dispose();
        return y;
      };
      const { grads } = tf.engine().gradients(valueless, xs, dy, true);
      // What f does not depend on has no gradient here.
      return xs.map((x, i) => (grads[i] as tf.Tensor | undefined) ?? tf.zerosLike(x));
    });
  } finally {
    Object.assign(state, { activeTape, gradientDepth });
  }
}
