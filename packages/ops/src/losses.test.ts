import type * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { crossEntropy } from './crossEntropy';
import { crossEntropyReference, weightedCrossEntropyReference } from './reference/losses';
import { itBehaves } from './testing/behaviour';
import { onEveryDevice } from './testing/devices';
import { upTo } from './testing/random';
import { weightedCrossEntropy } from './weightedCrossEntropy';

const settings = { rows: upTo(30), classes: fc.integer({ min: 2, max: 20 }), scale: fc.constantFrom(1, 40) };

onEveryDevice(() => {
  itBehaves('crossEntropy', settings, ({ rows, classes, scale }, random) => ({
    inputs: [random.tensor([rows, classes], scale), random.indices([rows], classes)],
    run: (logits: tf.Tensor2D, labels: tf.Tensor1D) => crossEntropy(logits, labels),
    reference: crossEntropyReference,
    differentiable: [0],
  }));

  itBehaves('weightedCrossEntropy', settings, ({ rows, classes, scale }, random) => ({
    inputs: [
      random.tensor([rows, classes], scale),
      random.between([rows, classes], 0, 1),
      random.between([classes], 0.5, 1.5),
    ],
    run: (logits: tf.Tensor2D, targets: tf.Tensor2D, weights: tf.Tensor1D) =>
      weightedCrossEntropy(logits, targets, weights),
    reference: weightedCrossEntropyReference,
    differentiable: [0],
  }));
});
