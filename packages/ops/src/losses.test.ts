import type * as tf from '@tensorflow/tfjs';
import { crossEntropy } from './crossEntropy';
import { crossEntropyReference, weightedCrossEntropyReference } from './reference/losses';
import { host } from './reference/host';
import { softmaxReference } from './reference/matrices';
import { itBehaves, type Case } from './testing/behaviour';
import { onEveryDevice } from './testing/devices';
import { randomCases, type CaseRandom } from './testing/random';
import { weightedCrossEntropy } from './weightedCrossEntropy';

function lossCases(random: CaseRandom): Case[] {
  const [rows, classes] = [random.integer(1, 30), random.integer(2, 9)];
  const scale = random.pick([1, 40]);
  const targets = softmaxReference(random.tensor([rows, classes], 3));
  return [
    {
      name: `crossEntropy [${rows}, ${classes}], logits within ${scale}`,
      inputs: [random.tensor([rows, classes], scale), random.indices([rows], classes)],
      run: (logits: tf.Tensor2D, labels: tf.Tensor1D) => crossEntropy(logits, labels),
      reference: crossEntropyReference,
      differentiable: [0],
    },
    {
      name: `weightedCrossEntropy [${rows}, ${classes}], logits within ${scale}`,
      inputs: [
        random.tensor([rows, classes], scale),
        host(targets.shape, Float32Array.from(targets.data)),
        host(
          [classes],
          Float32Array.from({ length: classes }, () => 0.5 + random.uniform()),
        ),
      ],
      run: (logits: tf.Tensor2D, soft: tf.Tensor2D, weights: tf.Tensor1D) =>
        weightedCrossEntropy(logits, soft, weights),
      reference: weightedCrossEntropyReference,
      differentiable: [0],
    },
  ];
}

onEveryDevice(() => randomCases(8, lossCases).flat().forEach(itBehaves));
