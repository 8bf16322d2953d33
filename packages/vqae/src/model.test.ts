import { Random, StateDictError, decodeSafetensors, encodeSafetensors } from '@paired3d/nn';
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { VqaeError } from './config';
import { VqAutoencoder } from './model';
import { NOTHING, discs, leaked, tinyConfig, variants } from './testing';

beforeAll(() => tf.setBackend('cpu'));

const sizeOf = (spatialDims: 2 | 3) => (spatialDims === 2 ? ([1, 8, 12] as const) : ([4, 8, 8] as const));

describe.each(variants)('$kind network, $coding coding, $spatialDims dimensions', ({ spatialDims, kind, coding }) => {
  const config = tinyConfig(kind, { spatialDims, coding });
  const images = coding === 'joint' ? 1 : 2;
  const size = sizeOf(spatialDims);
  const grid = size.map((n) => (n === 1 ? 1 : n / 4));
  const model = () => new VqAutoencoder(config, 1);

  it('has the shapes it documents, and leaves nothing else behind', async () => {
    const pair = discs(size, 2);
    const left = await leaked(() => {
      const m = model();
      expect(m.images).toBe(images);
      expect(m.gridSize(size)).toEqual(grid);
      const count = tf.memory().numTensors;
      const latents = m.encode(pair);
      expect(latents.shape).toEqual([2 * images, ...grid, 6]);
      const codes = m.quantize(latents);
      expect([codes.dtype, codes.shape]).toEqual(['int32', [2 * images * grid[0] * grid[1] * grid[2]]]);
      const logits = m.decode(latents);
      expect(logits.shape).toEqual([2 * images, ...size, coding === 'joint' ? 4 : 2]);
      const probabilities = m.probabilities(logits);
      expect(probabilities.shape).toEqual([2, ...size, 2]);
      const tokens = m.tokenize(pair);
      expect([tokens.dtype, tokens.shape]).toEqual(['int32', [2, images, ...grid]]);
      const decoded = m.decodeTokens(tokens);
      expect(decoded.shape).toEqual([2, ...size, 2]);
      expect(tf.memory().numTensors).toBe(count + 6);
      tf.dispose([latents, codes, logits, probabilities, tokens, decoded]);
      m.dispose();
    });
    expect(left).toEqual(NOTHING);
    pair.dispose();
  });

  it('decodes tokens as it decodes the codes of the latents', async () => {
    const m = model();
    const pair = discs(size, 2);
    const latents = m.encode(pair);
    const codes = tf.gather(m.codebook, m.quantize(latents));
    const expected = m.probabilities(m.decode(tf.reshape(codes, latents.shape)));
    const actual = m.decodeTokens(m.tokenize(pair));
    expect(Array.from(await actual.data())).toEqual(Array.from(await expected.data()));
    m.dispose();
  });

  it('keeps its weights through a file', async () => {
    const [m, other] = [model(), new VqAutoencoder(config, 2)];
    const pair = discs(size);
    const bytes = encodeSafetensors(await m.state());
    other.load(decodeSafetensors(bytes).tensors);
    expect(Array.from(await other.tokenize(pair).data())).toEqual(Array.from(await m.tokenize(pair).data()));
    expect(Array.from(other.codebook.dataSync())).toEqual(Array.from(m.codebook.dataSync()));
    const rank = [...(await m.state()).values()].reduce((most, { shape }) => Math.max(most, shape.length), 0);
    expect(rank).toBe(spatialDims + 2);
    expect(() => other.load(new Map())).toThrow(StateDictError);
    tf.dispose([m, other].map(({ parameters }) => [...parameters.entries.values()]));
  });

  it('refuses sizes that are no multiple of the cell', () => {
    const m = model();
    const odd = spatialDims === 2 ? ([1, 8, 10] as const) : ([4, 8, 6] as const);
    expect(() => m.gridSize(odd)).toThrow(VqaeError);
    expect(() => m.tokenize(tf.zeros([1, ...odd, 2]))).toThrow(
      `VqAutoencoder.gridSize: expected multiples of 4 voxels, got ${odd}; pad or crop the images`,
    );
    m.dispose();
  });
});

describe('VqAutoencoder', () => {
  it('quantises to the nearest code', async () => {
    const model = new VqAutoencoder(tinyConfig('monai', { codes: 50 }), 1);
    const codes = new Random(2).normals(50 * 6);
    model.codebook.assign(tf.tensor2d(codes, [50, 6]));
    const latents = new Random(3).normals(40 * 6);
    const tokens = await model.quantize(tf.tensor(latents, [2, 1, 4, 5, 6])).data();
    for (let n = 0; n < 40; n++) {
      const distance = (code: number) => {
        let sum = 0;
        for (let c = 0; c < 6; c++) sum += (latents[6 * n + c] - codes[6 * code + c]) ** 2;
        return sum;
      };
      const distances = Array.from({ length: 50 }, (_, code) => distance(code));
      expect(tokens[n]).toBe(distances.indexOf(Math.min(...distances)));
    }
    model.dispose();
  });

  it('codes fixed and moving alike when coded separately', async () => {
    const model = new VqAutoencoder(tinyConfig('monai', { spatialDims: 2, coding: 'separate' }), 1);
    const image = tf.slice(discs([1, 8, 8]), [0, 0, 0, 0, 0], [-1, -1, -1, -1, 1]);
    const other = tf.slice(discs([1, 8, 8], 1, 5), [0, 0, 0, 0, 0], [-1, -1, -1, -1, 1]);
    const tokens = await model.tokenize(tf.concat([image, other], 4) as tf.Tensor5D).data();
    const swapped = await model.tokenize(tf.concat([other, image], 4) as tf.Tensor5D).data();
    expect([...tokens.slice(0, 4)]).toEqual([...swapped.slice(4)]);
    expect([...tokens.slice(4)]).toEqual([...swapped.slice(0, 4)]);
    const latents = model.encode(tf.concat([image, image], 4) as tf.Tensor5D);
    const [first, second] = tf.split(latents, 2);
    expect(tf.max(tf.abs(tf.sub(first, second))).dataSync()[0]).toBe(0);
    model.dispose();
  });

  it('gives the probabilities of a softmax over background and foreground', async () => {
    const model = new VqAutoencoder(tinyConfig('monai'), 1);
    const logits = tf.tensor5d(new Random(1).normals(4 * 4), [1, 1, 2, 2, 4]);
    const expected = tf.slice(tf.softmax(tf.reshape(logits, [-1, 2])), [0, 1], [-1, 1]);
    const actual = await model.probabilities(logits).data();
    (await expected.data()).forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 6));
    model.dispose();
  });

  it('patch cells do not overlap: a token sees its own voxels alone', async () => {
    const model = new VqAutoencoder(tinyConfig('patch', { spatialDims: 2 }), 1);
    const pair = discs([1, 8, 8]);
    const changed = tf.add(pair, tf.pad(tf.ones([1, 1, 4, 4, 2]), [[0, 0], [0, 0], [0, 4], [4, 0], [0, 0]])); // prettier-ignore
    const difference = tf.abs(tf.sub(model.encode(pair), model.encode(changed as tf.Tensor5D)));
    const cells = Array.from(tf.max(difference, [0, 1, 4]).dataSync()).map((value) => value > 0);
    expect(cells).toEqual([false, true, false, false]);
    model.dispose();
  });

  it.each([2, 3] as const)(
    'patch cells with context see as far beyond their block as it says, in %iD',
    async (spatialDims) => {
      const network = { kind: 'patch', encoder: [4, 6], decoder: [6, 4], context: 1 } as const;
      const model = new VqAutoencoder(tinyConfig('patch', { spatialDims, network }), 1);
      const depth = spatialDims === 2 ? 1 : 4;
      const pair = discs([depth, 4, 16]);
      const before = model.encode(pair);
      expect(before.shape).toEqual([1, depth / (spatialDims === 2 ? 1 : 4), 1, 4, 6]);
      /** The cells that change with a voxel along the last axis. */
      const seenBy = (voxel: number) => {
        const mask = Float32Array.from({ length: depth * 4 * 16 * 2 }, (_, at) =>
          Number(Math.floor(at / 2) % 16 === voxel),
        );
        const changed = tf.add(pair, tf.tensor5d(mask, [1, depth, 4, 16, 2]));
        const difference = tf.abs(tf.sub(before, model.encode(changed as tf.Tensor5D)));
        return Array.from(tf.max(difference, [0, 1, 2, 4]).dataSync()).flatMap((value, cell) =>
          value > 0 ? [cell] : [],
        );
      };
      // The first halving sees one voxel around each of its blocks, and so does the cell.
      expect([6, 7, 8, 9, 10, 11, 12].map(seenBy)).toEqual([[1], [1, 2], [1, 2], [2], [2], [2, 3], [2, 3]]);
      model.dispose();
    },
  );

  it.each([2, 3] as const)(
    'adds a block of logits of its own for each code to the decoder, in %iD',
    async (spatialDims) => {
      const network = { kind: 'patch', encoder: [4, 6], decoder: [6, 4], template: true } as const;
      const model = new VqAutoencoder(tinyConfig('patch', { spatialDims, network }), 1);
      const cell = spatialDims === 2 ? [1, 4, 4] : [4, 4, 4];
      const latents = tf.tensor5d(new Random(1).normals(2 * 2 * 6), [1, 2, 2, 1, 6]);
      const weight = model.parameters.entries.get('decode.template.weight')!;
      const [kernel, values] = [(await weight.data()).slice(), await latents.data()];
      const both = await model.decode(latents).data();
      weight.assign(tf.zerosLike(weight));
      const refined = await model.decode(latents).data();
      const [depth, height, width] = [2, 2, 1].map((n, a) => n * cell[a]);
      expect(both).toHaveLength(depth * height * width * 4);
      both.forEach((logit, at) => {
        const voxel = Math.floor(at / 4);
        const place = [Math.floor(voxel / (height * width)), Math.floor(voxel / width) % height, voxel % width];
        const [i, j] = place.map((n, a) => Math.floor(n / cell[a]));
        const tap = place.reduce((flat, n, a) => flat * cell[a] + (n % cell[a]), 0);
        let own = 0;
        for (let c = 0; c < 6; c++) own += values[(i * 2 + j) * 6 + c] * kernel[(tap * 4 + (at % 4)) * 6 + c];
        expect(logit - refined[at]).toBeCloseTo(own, 4);
      });
      model.dispose();
    },
  );

  it('starts the same from the same seed', () => {
    const values = (seed: number) => {
      const model = new VqAutoencoder(tinyConfig('patch'), seed);
      const all = [...model.parameters.entries.values()].map((variable) => Array.from(variable.dataSync()));
      model.dispose();
      return all;
    };
    expect(values(1)).toEqual(values(1));
    expect(values(1)).not.toEqual(values(2));
  });
});
