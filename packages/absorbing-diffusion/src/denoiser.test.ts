import { Random, StateDictError, decodeSafetensors, encodeSafetensors } from '@paired3d/nn';
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { DiffusionError, paperDenoiser, tokenCount, type DenoiserConfig, type PatchDenoiserConfig } from './config';
import { Denoiser } from './denoiser';
import { NOTHING, leaked, randomItems, tinyDenoiser, tinyPatch, tinyPlain } from './testing';

beforeAll(() => tf.setBackend('cpu'));

describe('the paper’s denoiser', () => {
  it('has 27,987,456 weights for 3328 tokens, under the names of PyTorch’s TransformerEncoderLayer', () => {
    const { parameters, tokens, maskId, dispose } = bound(new Denoiser(paperDenoiser));
    expect(parameters.count).toBe(27_987_456);
    expect([tokens, maskId, tokenCount(paperDenoiser)]).toEqual([3328, 1024, 3328]);
    const shapes = Object.fromEntries([...parameters.entries].map(([name, { shape }]) => [name, shape.join(' ')]));
    const layer = (i: number) =>
      Object.fromEntries(
        Object.entries({
          'self_attn.in_proj_weight': '1536 512',
          'self_attn.in_proj_bias': '1536',
          'self_attn.out_proj.weight': '512 512',
          'self_attn.out_proj.bias': '512',
          'linear1.weight': '1024 512',
          'linear1.bias': '1024',
          'linear2.weight': '512 1024',
          'linear2.bias': '512',
          'norm1.weight': '512',
          'norm1.bias': '512',
          'norm2.weight': '512',
          'norm2.bias': '512',
        }).map(([name, shape]) => [`transformer.${i}.${name}`, shape]),
      );
    expect(shapes).toEqual({
      'token_embedding.weight': '1025 512',
      'position_embedding.weight': '3328 512',
      ...Object.assign({}, ...Array.from({ length: 12 }, (_, i) => layer(i))),
      'layer_norm.weight': '512',
      'layer_norm.bias': '512',
      'head.weight': '1024 512',
    });
    dispose();
  });
});

const bound = (denoiser: Denoiser) => ({
  parameters: denoiser.parameters,
  tokens: denoiser.tokens,
  maskId: denoiser.maskId,
  dispose: () => denoiser.dispose(),
});

const grids = [
  { kind: 'plain', grid: [1, 2, 3, 2] },
  { kind: 'patch', grid: [1, 4, 2, 2] },
  { kind: 'patch', grid: [2, 3, 5, 3] },
  { kind: 'patch', grid: [2, 1, 8, 8] },
  { kind: 'patch', grid: [1, 1, 5, 3] },
  // The third image has tokens in its corners, and none of its own in the convolutions.
  { kind: 'patch', grid: [3, 3, 5, 4], strides: [1, 2, 4] },
] as const;

describe.each(grids)('a $kind denoiser of $grid tokens', ({ kind, grid, ...changes }) => {
  const codes = 6;
  const make = (seed = 1) => tinyDenoiser(kind, codes, grid, seed, changes);
  const tokens = grid.reduce<number>((a, b) => a * b, 1);
  const ids = () => {
    const [a, b] = randomItems(2, tokens, codes + 1);
    return tf.tensor2d([...a, ...b], [2, tokens], 'int32');
  };

  it('gives finite logits of every token, and leaves nothing else behind', async () => {
    const left = await leaked(async () => {
      const denoiser = make();
      const input = ids();
      const { numTensors } = tf.memory();
      const hidden = denoiser.hidden(input);
      expect(hidden.shape.slice(0, 2)).toEqual([2, tokens]);
      const logits = denoiser.logits(input);
      expect(logits.shape).toEqual([2, tokens, codes]);
      expect(tf.memory().numTensors).toBe(numTensors + 2);
      expect((await logits.data()).every(Number.isFinite)).toBe(true);
      tf.dispose([input, hidden, logits]);
      denoiser.dispose();
    });
    expect(left).toEqual(NOTHING);
  });

  it('treats the items of a batch apart', async () => {
    const denoiser = make();
    const input = ids();
    const both = denoiser.logits(input);
    const second = denoiser.logits(tf.slice(input, [1, 0], [1, -1]));
    const difference = tf.max(tf.abs(tf.sub(tf.slice(both, [1, 0, 0], [1, -1, -1]), second)));
    expect(difference.dataSync()[0]).toBeLessThan(1e-5);
    denoiser.dispose();
  });

  it('gives the features of chosen tokens alone, equal to those of all', async () => {
    const denoiser = make();
    const input = ids();
    const all = denoiser.hidden(input);
    const width = all.shape[2];
    const values = await all.data();
    for (const rows of [[0], [2 * tokens - 1], [1, 3, tokens - 1, tokens, tokens + 2], [tokens + 1, tokens + 3]]) {
      const chosen = denoiser.hiddenAt(input, Int32Array.from(rows));
      expect(chosen.shape).toEqual([rows.length, width]);
      const wanted = rows.flatMap((row) => [...values.subarray(row * width, (row + 1) * width)]);
      (await chosen.data()).forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 5));
    }
    denoiser.dispose();
  });

  it('sees every token, from everywhere', async () => {
    const denoiser = make();
    const start = Array.from(randomItems(1, tokens, codes)[0]);
    const logits = (values: number[]) => denoiser.logits(tf.tensor2d(values, [1, tokens], 'int32'));
    const before = logits(start);
    for (const position of [0, denoiser.present.flat().lastIndexOf(true)]) {
      const changed = start.map((id, i) => (i === position ? (id + 1) % codes : id));
      const effect = tf.max(tf.abs(tf.sub(logits(changed), before)), [0, 2]);
      expect((await effect.data()).every((value) => value > 0)).toBe(true);
    }
    denoiser.dispose();
  });

  it('keeps its weights through a file', async () => {
    const [denoiser, other] = [make(), new Denoiser(make(2).config, 2)];
    other.load(decodeSafetensors(encodeSafetensors(await denoiser.state())).tensors);
    const [a, b] = [denoiser, other].map((one) => Array.from(one.logits(ids()).dataSync()));
    expect(b).toEqual(a);
    expect(() => other.load(new Map())).toThrow(StateDictError);
  });

  it('refuses token grids of another size', () => {
    const denoiser = make();
    const wrong = () => denoiser.hidden(tf.zeros([1, tokens + 1], 'int32'));
    expect(wrong).toThrow(DiffusionError);
    expect(wrong).toThrow(`Denoiser.hidden: expected [B, ${tokens}], got [1,${tokens + 1}]; flatten the token grid`);
    denoiser.dispose();
  });
});

describe('Denoiser', () => {
  it('scales code vectors to unit mean square, and never trains them', async () => {
    const denoiser = tinyDenoiser('patch', 4, [1, 2, 2, 2]);
    const vectors = denoiser.parameters.entries.get('codes.weight')!;
    const given = new Random(3).normals(12);
    denoiser.setCodeVectors(given.map((value) => 100 * value));
    const values = (await vectors.data()) as Float32Array;
    expect(values.reduce((sum, v) => sum + v * v, 0) / 12).toBeCloseTo(1, 5);
    expect(values[0] / values[1]).toBeCloseTo(given[0] / given[1], 4);
    expect(vectors.trainable).toBe(false);
    denoiser.setCodeVectors(new Float32Array(12));
    expect(Array.from(await vectors.data())).toEqual(new Array(12).fill(0));
    expect(() => denoiser.setCodeVectors(new Float32Array(11))).toThrow(DiffusionError);
    expect(() => denoiser.setCodeVectors(new Float32Array(11))).toThrow('expected 4 x 3 values, got 11');
    tinyDenoiser('plain', 4, [1, 2, 2, 2]).setCodeVectors(new Float32Array(5));
  });

  it('drops activations only when it is given a generator, the same for the same one', async () => {
    const denoiser = new Denoiser(tinyPlain(4, [1, 2, 2, 1], { dropout: 0.5 }));
    const ids = tf.zeros([1, 4], 'int32') as tf.Tensor2D;
    const features = async (random?: Random) => Array.from(await denoiser.hidden(ids, random).data());
    const plain = await features();
    expect(await features()).toEqual(plain);
    const dropped = await features(new Random(1));
    expect(dropped).not.toEqual(plain);
    expect(await features(new Random(1))).toEqual(dropped);
    expect(await features(new Random(2))).not.toEqual(dropped);
    denoiser.dispose();
  });

  it('starts the same from the same seed', async () => {
    const values = (seed: number) => {
      const { parameters } = tinyDenoiser('plain', 4, [1, 2, 2, 1], seed);
      return [...parameters.entries.values()].map((variable) => Array.from(variable.dataSync()));
    };
    expect(values(1)).toEqual(values(1));
    expect(values(1)).not.toEqual(values(2));
  });

  const wrong: [string, Partial<PatchDenoiserConfig> | { dropout: number }, DenoiserConfig['kind']][] = [
    ['codes', { codes: 0 }, 'plain'],
    ['grid', { grid: [1, 2, 2] as never }, 'plain'],
    ['grid', { grid: [1, 2, 2, 0] }, 'patch'],
    ['heads', { heads: 3 }, 'plain'],
    ['depth', { depth: 1.5 }, 'plain'],
    ['dropout', { dropout: 1 }, 'plain'],
    ['codeDim', { codeDim: 0 }, 'patch'],
    ['tokenWidth', { tokenWidth: NaN }, 'patch'],
    ['strides', { strides: [2] }, 'patch'],
  ];
  it.each(wrong)('with a wrong %s is refused by name', (field, changes, kind) => {
    const config = kind === 'plain' ? tinyPlain(4, [1, 2, 2, 1]) : tinyPatch(4, [1, 2, 2, 1]);
    const build = () => new Denoiser({ ...config, ...changes } as DenoiserConfig);
    expect(build).toThrow(DiffusionError);
    expect(build).toThrow(`DenoiserConfig.${field}: expected`);
    expect(build).not.toThrow('[object');
  });
});
