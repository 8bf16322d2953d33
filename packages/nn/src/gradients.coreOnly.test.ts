import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect, it } from 'vitest';
import { MissingGradientsError } from './errors';
import { computeGradients } from './gradients';
import { linearLayer } from './layers';
import { Parameters } from './parameters';
import { Random } from './random';

// This file must not import `@tensorflow/tfjs`: the core alone registers no gradients.
it('says what to import when TensorFlow.js has no gradients', async () => {
  await tf.setBackend('cpu');
  const parameters = new Parameters(new Random(1));
  const layer = linearLayer(parameters, { in: 2, out: 1 });
  const x = tf.ones([1, 2]);
  const train = () => computeGradients(parameters, () => tf.sum(layer(x)) as tf.Scalar);
  expect(train).toThrow(MissingGradientsError);
  expect(train).toThrow("import '@tensorflow/tfjs'");
  // An application that registers some gradients itself is told which one it lacks.
  tf.registerGradient({
    kernelName: 'Add',
    gradFunc: (dy) => ({ a: () => dy as tf.Tensor, b: () => dy as tf.Tensor }),
  });
  expect(train).toThrow(/the gradient of Sum to be registered.*import '@tensorflow\/tfjs'/);
  // Everything but training works.
  expect(layer(x).shape).toEqual([1, 1]);
});
