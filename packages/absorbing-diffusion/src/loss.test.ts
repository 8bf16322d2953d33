import { Random } from '@paired3d/nn';
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { diffusionLoss, maskedCrossEntropy } from './loss';
import type { MaskedBatch } from './masking';
import { maskAtRandomTimes } from './masking';
import { NOTHING, leaked, randomItems, tinyDenoiser } from './testing';

beforeAll(() => tf.setBackend('cpu'));

const CODES = 4;
const GRID = [1, 2, 2, 2] as const;
const TOKENS = 8;

/** Weights from one end of the networks to the other. */
const GRADIENTS_OF =
  /^(token|enter|before.conv1.weight|position|sparse|transformer.0.(self|linear1)|up.weight|leave.weight|head)/;

/** Two items, at t = 1/4 with two tokens masked, and at t = 1 with all of them. */
function batch(): MaskedBatch {
  const [first, second] = randomItems(2, TOKENS, CODES);
  const masked = [2, 5, 8, 9, 10, 11, 12, 13, 14, 15];
  const all = [...first, ...second];
  return {
    ids: Int32Array.from(all, (id, at) => (masked.includes(at) ? CODES : id)),
    masked: Int32Array.from(masked),
    labels: Int32Array.from(masked, (at) => all[at]),
    item: Int32Array.from(masked, (at) => Math.floor(at / TOKENS)),
    times: Float32Array.of(0.25, 1),
    counts: [TOKENS, TOKENS],
  };
}

/** Cross entropy of every masked token, from the logits of all. */
async function byHand(denoiser: ReturnType<typeof tinyDenoiser>, { ids, masked, labels, times }: MaskedBatch) {
  const logits = await denoiser.logits(tf.tensor2d(ids, [times.length, TOKENS], 'int32')).data();
  return Array.from(masked, (at, row) => {
    const mine = Array.from(logits.slice(at * CODES, (at + 1) * CODES));
    return Math.log(mine.reduce((sum, z) => sum + Math.exp(z), 0)) - mine[labels[row]];
  });
}

/** Compares each gradient with central differences along it, and disposes the denoiser. */
function expectGradient(denoiser: ReturnType<typeof tinyDenoiser>, masked: MaskedBatch): string[] {
  const loss = () => diffusionLoss(denoiser, masked, 'elbo');
  const compared: string[] = [];
  for (const [name, variable] of denoiser.parameters.entries) {
    if (!variable.trainable || !GRADIENTS_OF.test(name)) continue;
    const start = tf.clone(variable);
    const { grads } = tf.variableGrads(loss, [variable]);
    const norm = tf.norm(grads[variable.name]).dataSync()[0];
    if (norm < 0.05) continue;
    const at = (step: number) => {
      variable.assign(tf.add(start, tf.mul(step / norm, grads[variable.name])) as tf.Tensor);
      return loss().dataSync()[0];
    };
    const slope = (at(3e-3) - at(-3e-3)) / 6e-3;
    variable.assign(start);
    expect(Math.abs(slope - norm) / norm, name).toBeLessThan(0.02);
    compared.push(name);
  }
  denoiser.dispose();
  expect(compared).not.toHaveLength(0);
  return compared;
}

describe.each(['plain', 'patch'] as const)('loss of a %s denoiser', (kind) => {
  it('is the cross entropy of the masked tokens', async () => {
    const denoiser = tinyDenoiser(kind, CODES, GRID);
    const expected = await byHand(denoiser, batch());
    const actual = await maskedCrossEntropy(denoiser, batch()).data();
    expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 5));
    denoiser.dispose();
  });

  it('weighs an item by 1/t for the bound', async () => {
    const denoiser = tinyDenoiser(kind, CODES, GRID);
    const nats = await byHand(denoiser, batch());
    const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
    const expected = (4 * sum(nats.slice(0, 2)) + sum(nats.slice(2))) / (Math.LN2 * TOKENS * 2);
    expect((await diffusionLoss(denoiser, batch(), 'elbo').data())[0]).toBeCloseTo(expected, 4);
    denoiser.dispose();
  });

  it('weighs an item by 1 - t for the reweighted bound, over all logits: nothing at t = 1', async () => {
    const denoiser = tinyDenoiser(kind, CODES, GRID);
    const nats = await byHand(denoiser, batch());
    const expected = (0.75 * (nats[0] + nats[1])) / (Math.LN2 * TOKENS * 2 * CODES);
    const loss = (b: MaskedBatch) => diffusionLoss(denoiser, b, 'reweighted-elbo').dataSync()[0];
    expect(loss(batch())).toBeCloseTo(expected, 6);
    expect(loss({ ...batch(), times: Float32Array.of(1, 1) })).toBe(0);
    denoiser.dispose();
  });

  it('has the gradient of its value', () => {
    expectGradient(tinyDenoiser(kind, CODES, GRID), batch());
  });

  it('is 0 with gradient 0 when nothing is masked', () => {
    const denoiser = tinyDenoiser(kind, CODES, GRID);
    const none = maskAtRandomTimes(randomItems(1, TOKENS, CODES), CODES, new Random(1), { steps: 1e9 });
    const empty = { ...none, masked: new Int32Array(0), labels: new Int32Array(0), item: new Int32Array(0) };
    const { value, grads } = tf.variableGrads(() => diffusionLoss(denoiser, empty, 'elbo'));
    expect(value.dataSync()[0]).toBe(0);
    for (const gradient of Object.values(grads)) {
      if (gradient) expect(tf.max(tf.abs(gradient)).dataSync()[0]).toBe(0);
    }
    denoiser.dispose();
  });

  it('leaves nothing behind', async () => {
    const denoiser = tinyDenoiser(kind, CODES, GRID);
    const left = await leaked(() => tf.dispose(diffusionLoss(denoiser, batch(), 'elbo', new Random(1))));
    expect(left).toEqual(NOTHING);
    denoiser.dispose();
  });
});

describe('a loss of images with codes of their own', () => {
  const strides = [1, 2];
  const ranges = [
    [0, 3],
    [3, CODES],
  ] as const;
  /** Two items of two images of 2 x 2 x 2 cells, the second image with one token; all of them masked. */
  const masked = [0, 1].flatMap((item) => [...Array(9).keys()].map((at) => item * 16 + at));
  const labels = Int32Array.from(masked, (at) => (at % 16 < 8 ? at % 3 : 3));
  const all: MaskedBatch = {
    ids: new Int32Array(32).fill(CODES),
    masked: Int32Array.from(masked),
    labels,
    item: Int32Array.from(masked, (at) => Math.floor(at / 16)),
    times: Float32Array.of(1, 1),
    counts: [9, 9],
  };

  it.each(['plain', 'patch'] as const)('chooses among those alone (%s)', async (kind) => {
    const denoiser = tinyDenoiser(kind, CODES, [2, 2, 2, 2], 1, { strides, ranges });
    const logits = await denoiser.logits(tf.tensor2d(all.ids, [2, 16], 'int32')).data();
    const actual = await maskedCrossEntropy(denoiser, all).data();
    for (const [row, place] of masked.entries()) {
      const [from, end] = ranges[place % 16 < 8 ? 0 : 1];
      const own = Array.from(logits.slice(place * CODES + from, place * CODES + end));
      const expected = Math.log(own.reduce((sum, z) => sum + Math.exp(z), 0)) - own[labels[row] - from];
      expect(actual[row]).toBeCloseTo(expected, 5);
    }
    denoiser.dispose();
  });

  it('has the gradient of its value, at both ends of the sparse tokens too', () => {
    const compared = expectGradient(
      tinyDenoiser('patch', CODES, [2, 2, 2, 2], 1, {
        strides,
        ranges: [
          [0, 3],
          [1, CODES],
        ],
      }),
      all,
    );
    expect(compared).toEqual(expect.arrayContaining(['sparse.enter.weight', 'sparse.leave.weight']));
  });

  it('refuses others', () => {
    const denoiser = tinyDenoiser('patch', CODES, [2, 2, 2, 2], 1, { strides, ranges });
    const wrong = { ...all, labels: labels.map((code, row) => (row === 2 ? 3 : code)) };
    expect(() => maskedCrossEntropy(denoiser, wrong)).toThrow(
      'maskedCrossEntropy: expected codes of [0, 3) at place 2, got 3; use tokens made for this denoiser',
    );
    denoiser.dispose();
  });
});
