import { registerWasmKernels } from '@paired3d/ops/wasm';
import '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { VqaeError, paperVqae } from '../config';
import { VqAutoencoder, type Size3 } from '../model';
import { NOTHING, discs, leaked, tinyConfig } from '../testing';
import { inSlabs, type SlabOptions } from './inSlabs';

/** The paper's pattern of strides, and widths that the kernels of the wasm backend have different ways for. */
const network = { kind: 'monai', channels: [8, 8, 16, 16, 6], strides: [1, 2, 1, 2, 1] } as const;

const cases = (['joint', 'separate'] as const).flatMap((coding) => [
  { coding, spatialDims: 3, size: [12, 4, 8] as Size3, batch: 1 },
  { coding, spatialDims: 3, size: [8, 4, 4] as Size3, batch: 2 },
  { coding, spatialDims: 2, size: [1, 8, 12] as Size3, batch: 2 },
] as const); // prettier-ignore

async function expectClose(actual: tf.Tensor, expected: tf.Tensor): Promise<void> {
  expect([actual.dtype, actual.shape]).toEqual([expected.dtype, expected.shape]);
  const [a, b] = (await Promise.all([actual.data(), expected.data()])) as Float32Array[];
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
  expect(largest).toBeGreaterThan(0);
  expect(difference / largest).toBeLessThan(1e-5);
}

/** Options that note the progress, a number for each slab. */
function noting(slabBytes: number): { progress: number[]; options: SlabOptions } {
  const progress: number[] = [];
  return { progress, options: { slabBytes, onProgress: (share) => void progress.push(share) } };
}

describe.each(['cpu', 'wasm'])('in slabs on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    if (backend === 'wasm') await registerWasmKernels();
  });

  // One plane a slab; a few, of odd heights too; all at once.
  it.each(cases)('equals the network at once: $coding, $size, batch of $batch', async (variant) => {
    const { coding, spatialDims, size, batch } = variant;
    const model = new VqAutoencoder(tinyConfig('monai', { network, coding, spatialDims }), 1);
    const pair = discs(size, batch);
    const [latents, tokens] = [model.encode(pair), model.tokenize(pair)];
    const [logits, decoded] = [model.decode(latents), model.decodeTokens(tokens)];
    const slabs: number[] = [];
    for (const slabBytes of [1, 6_000, 20_000, 2 ** 28]) {
      const { options, progress } = noting(slabBytes);
      const slabwise = inSlabs(model, options);
      const actual = [await slabwise.encode(pair), await slabwise.decode(latents)];
      slabs.push(progress.length);
      await expectClose(actual[0], latents);
      await expectClose(actual[1], logits);
      const through = [await slabwise.tokenize(pair), await slabwise.decodeTokens(tokens)];
      await expectClose(through[0], tokens);
      await expectClose(through[1], decoded);
      tf.dispose([...actual, ...through]);
    }
    const samples = batch * (coding === 'joint' ? 1 : 2);
    expect(slabs.at(-1)).toBe(samples * 2 * network.channels.length);
    if (size[0] === 12) expect(new Set(slabs).size).toBe(4);
    tf.dispose([pair, latents, tokens, logits, decoded]);
    model.dispose();
  });

  it('leaves nothing else behind, and the pair as it was', async () => {
    const model = new VqAutoencoder(tinyConfig('monai'), 1);
    const pair = discs([8, 8, 8]);
    const before = Array.from(await pair.data());
    const run = async () => {
      const slabwise = inSlabs(model, { slabBytes: 10_000 });
      const tokens = await slabwise.tokenize(pair);
      tf.dispose([tokens, await slabwise.decodeTokens(tokens)]);
    };
    expect(await leaked(run)).toEqual(NOTHING);
    expect(Array.from(await pair.data())).toEqual(before);
    pair.dispose();
    model.dispose();
  });

  it('tells how far it is, and stops when asked to', async () => {
    const model = new VqAutoencoder(tinyConfig('monai'), 1);
    const pair = discs([8, 8, 8]);
    const { options, progress } = noting(1);
    (await inSlabs(model, options).encode(pair)).dispose();
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect([progress.length, progress.at(-1)]).toEqual([4 + 4 + 2, 1]);
    const controller = new AbortController();
    const stopped = inSlabs(model, {
      slabBytes: 1,
      signal: controller.signal,
      onProgress: (share) => {
        expect(share).toBeLessThan(0.6);
        if (share > 0.5) controller.abort(new Error('enough'));
      },
    });
    const left = await leaked(() => expect(stopped.tokenize(pair)).rejects.toThrow('enough'));
    expect(left).toEqual(NOTHING);
    await expect(stopped.encode(pair)).rejects.toThrow('enough');
    pair.dispose();
    model.dispose();
  });
});

it('equals the paper’s network at once, on wasm', async () => {
  await tf.setBackend('wasm');
  await registerWasmKernels();
  const model = new VqAutoencoder(paperVqae, 1);
  const pair = discs([48, 16, 32]);
  const latents = model.encode(pair);
  const { options, progress } = noting(1_500_000);
  const slabwise = inSlabs(model, options);
  const encoded = await slabwise.encode(pair);
  expect(progress.length).toBeGreaterThan(2 * 8);
  await expectClose(encoded, latents);
  const [logits, decoded] = [model.decode(latents), await slabwise.decode(latents)];
  await expectClose(decoded, logits);
  tf.dispose([pair, latents, encoded, logits, decoded]);
  model.dispose();
});

it('says what it cannot do', async () => {
  const patch = new VqAutoencoder(tinyConfig('patch'));
  expect(() => inSlabs(patch)).toThrow(
    "inSlabs: expected a network of kind 'monai', got 'patch'; use the methods of the model",
  );
  patch.dispose();
  const model = new VqAutoencoder(tinyConfig('monai'));
  expect(() => inSlabs(model, { slabBytes: 0 })).toThrow(VqaeError);
  const odd = tf.zeros([1, 4, 8, 6, 2]) as tf.Tensor5D;
  await expect(inSlabs(model).tokenize(odd)).rejects.toThrow('multiples of 4 voxels');
  odd.dispose();
  model.dispose();
});
