import * as tf from '@tensorflow/tfjs-core';
import { NnError } from './errors';

/**
 * What one sample gives to a training step: a pure function of the weights, the sample and its keys, so that it does not
 * matter who computes it. The caller owns the tensors.
 */
export interface SampleGradients {
  /** of the sample's own loss, by the weights' names */
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
  /** what the update reports, or needs besides: losses, codes, … */
  readonly facts: Readonly<Record<string, tf.Tensor>>;
}

/**
 * One training step over the samples of a batch, whose loss is the mean of theirs: their gradients are added up one by
 * one in the order in which they come and divided by their number. One sum is held, whatever the size of the batch, and
 * the same order gives the same bits.
 * @param sampleAt what sample `index` of `batch` gives; asked one after the other, and disposed here
 * @param apply the update, from the mean gradients and the facts of every sample; disposes neither
 * @throws NnError when a sample's gradients are of other weights than the first one's
 */
export async function stepOverSamples<Metrics>(
  batch: number,
  sampleAt: (index: number) => SampleGradients | Promise<SampleGradients>,
  apply: (gradients: ReadonlyMap<string, tf.Tensor>, facts: SampleGradients['facts'][]) => Promise<Metrics>,
): Promise<Metrics> {
  const sums = new Map<string, tf.Tensor>();
  const facts: SampleGradients['facts'][] = [];
  try {
    for (let index = 0; index < batch; index++) {
      const sample = await sampleAt(index);
      facts.push(sample.facts);
      addTo(sums, sample.gradients, index === 0);
    }
    if (batch > 1) {
      for (const [name, sum] of sums) replace(sums, name, tf.mul(sum, 1 / batch));
    }
    return await apply(sums, facts);
  } finally {
    tf.dispose([...sums.values()]);
    facts.forEach((sample) => tf.dispose(Object.values(sample)));
  }
}

/** Frees what a sample gave. */
export function disposeSample({ gradients, facts }: SampleGradients): void {
  tf.dispose([...gradients.values(), ...Object.values(facts)]);
}

/** Adds gradients to the sums, and disposes them. */
function addTo(sums: Map<string, tf.Tensor>, gradients: ReadonlyMap<string, tf.Tensor>, first: boolean): void {
  const names = [...gradients.keys()];
  if (!first && !(names.length === sums.size && names.every((name) => sums.has(name)))) {
    tf.dispose([...gradients.values()]);
    const expected = `gradients of ${[...sums.keys()].join(', ')}`;
    throw new NnError('stepOverSamples', expected, names.join(', '), 'give samples of one model');
  }
  for (const [name, gradient] of gradients) {
    if (first) {
      sums.set(name, gradient);
      continue;
    }
    replace(sums, name, tf.add(sums.get(name)!, gradient));
    gradient.dispose();
  }
}

function replace(sums: Map<string, tf.Tensor>, name: string, sum: tf.Tensor): void {
  sums.get(name)!.dispose();
  sums.set(name, sum);
}
