import type * as tf from '@tensorflow/tfjs';
import { alongAxis } from './alongAxis';
import { avgPool3d } from './avgPool3d';
import { gaussianBlur3d } from './gaussianBlur3d';
import {
  alongAxisReference,
  avgPool3dReference,
  gaussianBlur3dReference,
  resize3dReference,
} from './reference/sampling';
import { resize3d } from './resize3d';
import { itBehaves, type Case } from './testing/behaviour';
import { onEveryDevice } from './testing/devices';
import { randomCases, type CaseRandom } from './testing/random';

const volume = (random: CaseRandom) =>
  random.tensor([random.integer(1, 2), ...random.three(2, 5), random.pick([1, 2, 3])]);

function matrixAlongAxis(random: CaseRandom): Case {
  const x = volume(random);
  const axis = random.pick([1, 2, 3] as const);
  return {
    name: `alongAxis ${axis} of [${x.shape}]`,
    inputs: [x, random.tensor([random.integer(1, 6), x.shape[axis]])],
    run: (input: tf.Tensor5D, matrix: tf.Tensor2D) => alongAxis(input, matrix, axis),
    reference: (input, matrix) => alongAxisReference(input, matrix, axis),
    differentiable: [0],
  };
}

function resize(random: CaseRandom): Case {
  const x = volume(random);
  const size = random.three(1, 8);
  return {
    name: `resize3d [${x.shape}] to [${size}]`,
    inputs: [x],
    run: (input: tf.Tensor5D) => resize3d(input, size),
    reference: (input) => resize3dReference(input, size),
  };
}

function unchanged(random: CaseRandom): Case {
  const x = volume(random);
  return {
    name: `resize3d [${x.shape}] to its own size`,
    inputs: [x],
    run: (input: tf.Tensor5D) => resize3d(input, x.shape.slice(1, 4) as [number, number, number]),
    reference: (input) => input,
    tolerance: 1e-7,
  };
}

function pool(random: CaseRandom): Case {
  const x = volume(random);
  const size = random.three(1, 3);
  const strides = random.pick([size, [1, 1, 1], [2, 1, 2]] as const);
  const padding = random.pick([size.map((k) => Math.floor(k / 2)), size.map(() => 0)]) as [number, number, number];
  const fitting = size.map((k, i) => Math.min(k, x.shape[i + 1])) as [number, number, number];
  const used = padding.map((p, i) => Math.min(p, Math.floor(fitting[i] / 2))) as [number, number, number];
  return {
    name: `avgPool3d [${x.shape}], size [${fitting}], strides [${strides}], padding [${used}]`,
    inputs: [x],
    run: (input: tf.Tensor5D) => avgPool3d(input, { size: fitting, strides, padding: used }),
    reference: (input) => avgPool3dReference(input, fitting, strides, used),
  };
}

function blur(random: CaseRandom): Case {
  const x = volume(random);
  const sigma = [random.pick([0, 0.4, 1]), random.pick([0.1, 0.7]), random.pick([0.5, 1])] as const;
  const padding = random.pick(['zeros', 'replicate'] as const);
  return {
    name: `gaussianBlur3d [${x.shape}], sigma [${sigma}], ${padding}`,
    inputs: [x],
    run: (input: tf.Tensor5D) => gaussianBlur3d(input, sigma, { padding }),
    reference: (input) => gaussianBlur3dReference(input, sigma, padding),
  };
}

onEveryDevice(() => {
  [matrixAlongAxis, resize, pool, blur].flatMap((make) => randomCases(6, make)).forEach(itBehaves);
  randomCases(1, unchanged).forEach(itBehaves);
});
