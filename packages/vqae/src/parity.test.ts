import { computeGradients, cosineWarmRestarts, type HostTensor } from '@paired3d/nn';
import { embedding, nearestCode } from '@paired3d/ops';
import { registerWasmKernels } from '@paired3d/ops/wasm';
import { expectClose, expectGradients, golden, names } from '@paired3d/oracle';
import '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { paperVqae, type VqaeConfig } from './config';
import { VqAutoencoder } from './model';
import { meanSquare, stopGradient, straightThrough } from './straightThrough';
import { VqaeTraining } from './training';

/** The narrow network of tools/oracle/autoencoder.py. */
function narrow() {
  const file = golden('autoencoder');
  const { channels, strides, codes, classWeights } = file.settings as {
    channels: number[];
    strides: (1 | 2)[];
    codes: number;
    classWeights: [number, number];
  };
  const network = { kind: 'monai', channels, strides } as const;
  const config: VqaeConfig = { ...paperVqae, network, codes, codeDim: channels.at(-1)!, classWeights };
  const model = new VqAutoencoder(config);
  model.load(file.below('weight') as Map<string, HostTensor>);
  const { data, shape } = file.tensor('pair');
  return { file, model, pair: tf.tensor5d(Float32Array.from(data), shape as never) };
}

/** Gradients under PyTorch's names, in its layout: what the model writes when they take the place of its weights. */
async function inPytorchLayout(model: VqAutoencoder, gradients: ReadonlyMap<string, tf.Tensor>) {
  for (const [name, variable] of model.parameters.entries) variable.assign(gradients.get(name)!);
  return model.state();
}

describe('the paper’s sizes', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('have MONAI’s and PyTorch’s names, shapes and counts', async () => {
    const { autoencoder, codebook } = names();
    const model = new VqAutoencoder(paperVqae);
    const shapes = Object.fromEntries([...(await model.state())].map(([name, { shape }]) => [name, shape]));
    expect(shapes).toEqual({ ...autoencoder, 'codebook.weight': codebook.weight });
    expect(Object.keys(shapes)).toEqual([...Object.keys(autoencoder), 'codebook.weight']);
    expect(model.parameters.count).toBe(10_253_363 + 393_216);
    expect(model.codebook.size).toBe(393_216);
    model.dispose();
  });
});

describe.each(['cpu', 'wasm'])('against PyTorch on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    if (backend === 'wasm') await registerWasmKernels();
  });

  it('encodes, finds codes and decodes', async () => {
    const { file, model, pair } = narrow();
    const latents = model.encode(pair);
    expectClose(await latents.data(), file.tensor('latents').data, { what: 'the latents' });
    const indices = model.quantize(latents);
    expect([...(await indices.data())]).toEqual([...file.tensor('indices').data]);
    const quantized = tf.reshape(embedding(model.codebook, indices), latents.shape) as tf.Tensor5D;
    const logits = (await model.decode(quantized).data()) as Float32Array;
    const every = file.settings.every as number;
    expectClose(
      logits.filter((_, i) => i % every === 0),
      file.tensor('logits').data,
      { what: 'the logits' },
    );
    model.dispose();
  });

  it('has the loss, and the gradient of every weight', async () => {
    const { file, model, pair } = narrow();
    const training = new VqaeTraining(model, { learningRate: 1, seed: 0 });
    let codebookLoss!: tf.Scalar;
    const { loss, gradients } = computeGradients(model.parameters, () => {
      const parts = training.loss(pair);
      codebookLoss = tf.keep(tf.clone(parts.codebookLoss));
      return parts.total;
    });
    const [wanted, wantedCodebook] = file.tensor('loss').data;
    expectClose(await loss.data(), [wanted], { what: 'the loss' });
    expectClose(await codebookLoss.data(), [wantedCodebook], { what: 'the codebook loss' });
    expectGradients(await inPytorchLayout(model, gradients), file.below('gradient'));
    model.dispose();
  });

  it('follows PyTorch through updates with warm restarts', async () => {
    const { file, model, pair } = narrow();
    const { learningRate, period } = file.settings as { learningRate: number; period: number };
    const training = new VqaeTraining(model, { learningRate, seed: 0 });
    const losses: number[] = [];
    // A step takes the cpu backend seconds.
    const wanted = file.tensor('losses').data.subarray(0, backend === 'cpu' ? 2 : undefined);
    for (let step = 0; step < wanted.length; step++) {
      losses.push((await training.update(pair, learningRate * cosineWarmRestarts(step, period, 2))).loss);
    }
    expectClose(losses, wanted, { what: 'the losses' });
    training.dispose();
    model.dispose();
  });

  it('passes gradients through the quantiser, and to the codes', async () => {
    const file = golden('quantizer');
    const tensor = (name: string) => {
      const { data, shape } = file.tensor(name);
      return tf.tensor(Float32Array.from(data), [...shape]);
    };
    const target = tensor('target');
    const loss = (latents: tf.Tensor, codebook: tf.Tensor) => {
      const codes = nearestCode(tf.reshape(latents, [-1, codebook.shape[1]!]) as tf.Tensor2D, codebook as tf.Tensor2D);
      const quantized = tf.reshape(embedding(codebook as tf.Tensor2D, codes), latents.shape);
      const through = straightThrough(latents, stopGradient(quantized));
      const commitment = meanSquare(stopGradient(quantized), latents);
      const codebookTerm = tf.mul(0.25, meanSquare(quantized, stopGradient(latents)));
      return tf.add(tf.sum(tf.mul(through, target)), tf.add(commitment, codebookTerm)) as tf.Scalar;
    };
    const { value, grads } = tf.valueAndGrads(loss as never)([tensor('latents'), tensor('codebook')]);
    expectClose(await value.data(), file.tensor('loss').data, { what: 'the loss' });
    for (const [i, name] of ['latents', 'codebook'].entries()) {
      const what = `the gradient of the ${name}`;
      expectClose(await grads[i].data(), file.tensor(`gradient.${name}`).data, { tolerance: 1e-3, what });
    }
  });
});
