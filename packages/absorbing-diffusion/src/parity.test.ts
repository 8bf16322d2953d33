import { computeGradients, type HostTensor } from '@paired3d/nn';
import { registerWasmKernels } from '@paired3d/ops/wasm';
import { expectClose, expectGradients, golden, names } from '@paired3d/oracle';
import '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { paperDenoiser, type PlainDenoiserConfig } from './config';
import { Denoiser } from './denoiser';
import { diffusionLoss } from './loss';
import type { MaskedBatch } from './masking';

const file = golden('denoiser');

/** The narrow network of tools/oracle/denoiser.py. */
function narrow(): Denoiser {
  const { times: _times, ...sizes } = file.settings;
  const denoiser = new Denoiser({ kind: 'plain', ...sizes } as unknown as PlainDenoiserConfig);
  denoiser.load(file.below('weight') as Map<string, HostTensor>);
  return denoiser;
}

/** Gives 0, 1, 2 …: the numbers of the calls, with which the script keys its masks. */
const counter = () => {
  let calls = 0;
  return { bits: () => calls++ };
};

const ids = () => file.tensor('ids').data as Int32Array;

function batch(): MaskedBatch {
  const [{ codes, times }, tokens] = [file.settings as { codes: number; times: number[] }, file.tensor('tokens')];
  const masked = [...ids().keys()].filter((at) => ids()[at] === codes);
  return {
    ids: ids(),
    masked: Int32Array.from(masked),
    labels: Int32Array.from(masked, (at) => tokens.data[at]),
    item: Int32Array.from(masked, (at) => Math.floor(at / tokens.shape[1])),
    times: Float32Array.from(times),
    counts: times.map(() => tokens.shape[1]),
  };
}

/** Gradients under PyTorch's names, in its layout. */
async function inPytorchLayout(denoiser: Denoiser, gradients: ReadonlyMap<string, tf.Tensor>) {
  for (const [name, variable] of denoiser.parameters.entries) variable.assign(gradients.get(name)!);
  return denoiser.state();
}

describe('the paper’s sizes', () => {
  it('have PyTorch’s names, shapes and count', async () => {
    await tf.setBackend('cpu');
    const denoiser = new Denoiser(paperDenoiser);
    const shapes = [...(await denoiser.state())].map(([name, { shape }]) => [name, shape]);
    expect(shapes).toEqual(Object.entries(names().denoiser));
    expect(denoiser.parameters.count).toBe(27_987_456);
    denoiser.dispose();
  });
});

describe.each(['cpu', 'wasm'])('against PyTorch on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    if (backend === 'wasm') await registerWasmKernels();
  });

  it('gives the same logits', async () => {
    const denoiser = narrow();
    const input = tf.tensor2d(ids(), file.tensor('ids').shape as [number, number], 'int32');
    const logits = await denoiser.logits(input).data();
    expectClose(logits, file.tensor('plain.logits').data, { what: 'the logits' });
    denoiser.dispose();
  });

  it('drops the same activations and attention weights in training', async () => {
    const denoiser = narrow();
    const input = tf.tensor2d(ids(), file.tensor('ids').shape as [number, number], 'int32');
    const hidden = denoiser.hidden(input, counter());
    const logits = denoiser.head(tf.reshape(hidden, [-1, hidden.shape[2]]));
    expectClose(await logits.data(), file.tensor('dropout.logits').data, { what: 'the logits' });
    denoiser.dispose();
  });

  it.each([
    ['plain', 'reweighted-elbo'],
    ['dropout', 'reweighted-elbo'],
    ['dropout', 'elbo'],
  ] as const)('has the loss and the gradient of every weight: %s, %s', async (mode, weighting) => {
    const denoiser = narrow();
    const random = mode === 'dropout' ? counter() : undefined;
    const { loss, gradients } = computeGradients(denoiser.parameters, () =>
      diffusionLoss(denoiser, batch(), weighting, random),
    );
    expectClose(await loss.data(), file.tensor(`${mode}.${weighting}`).data, { what: 'the loss' });
    expectGradients(await inPytorchLayout(denoiser, gradients), file.below(`${mode}.${weighting}.gradient`));
    denoiser.dispose();
  });

  it('has the bound without dropout', async () => {
    const denoiser = narrow();
    const loss = diffusionLoss(denoiser, batch(), 'elbo');
    expectClose(await loss.data(), file.tensor('plain.elbo').data, { what: 'the loss' });
    denoiser.dispose();
  });
});
