import * as tf from '@tensorflow/tfjs-core';

type Save = (tensors: tf.Tensor[]) => void;

interface Differentiable {
  value: tf.Tensor;
  /** One gradient for each input, in their order. `saved` are the tensors given to `save`. */
  gradient: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[];
}

/**
 * `tf.customGrad` with types. The body runs off the tape, so it may use any operation, and its gradient is tidied at
 * once: tfjs itself would hold the intermediate values of every node until the whole backward pass ends.
 */
export function withGradient<T extends tf.Tensor>(inputs: tf.Tensor[], body: (save: Save) => Differentiable): T {
  const operation = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const { value, gradient } = body(args[args.length - 1] as Save);
    return { value, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.tidy(() => gradient(dy, saved)) };
  });
  return operation(...inputs) as T;
}

/** A product linear in each of its two factors, and the gradient of each. */
export interface Bilinear {
  forward: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
  gradientA: (dy: tf.Tensor, b: tf.Tensor) => tf.Tensor;
  gradientB: (dy: tf.Tensor, a: tf.Tensor) => tf.Tensor;
}

/**
 * Records a bilinear product so that only the gradients that are asked for get computed.
 *
 * `tf.customGrad` evaluates the gradients of all its inputs together. Here each factor has a node of its own, which tfjs
 * prunes when that factor is a constant, and a third one joins them. The nodes share one buffer.
 */
export function bilinear<T extends tf.Tensor>(a: tf.Tensor, b: tf.Tensor, product: Bilinear): T {
  return tf.tidy(() => {
    const throughA = withGradient([a], (save) => {
      save([b]);
      return { value: product.forward(a, b), gradient: (dy, [factor]) => [product.gradientA(dy, factor)] };
    });
    const throughB = withGradient([b], (save) => {
      save([a]);
      return { value: throughA.clone(), gradient: (dy, [factor]) => [product.gradientB(dy, factor)] };
    });
    return withGradient<T>([throughA, throughB], () => ({
      value: throughA.clone(),
      gradient: (dy) => [dy, dy],
    }));
  });
}
