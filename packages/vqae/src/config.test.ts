import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { VqaeError, cellSize, paperVqae, type VqaeConfig } from './config';
import { VqAutoencoder } from './model';
import { tinyConfig } from './testing';

beforeAll(() => tf.setBackend('cpu'));

describe('the paper’s autoencoder', () => {
  it('has 10,253,363 weights and a codebook of 1024 x 384, under MONAI’s names', () => {
    const model = new VqAutoencoder(paperVqae);
    const entries = model.parameters.entries;
    expect(model.codebook.shape).toEqual([1024, 384]);
    expect(model.codebook.size).toBe(393_216);
    expect(model.parameters.count - model.codebook.size).toBe(10_253_363);
    expect(cellSize(paperVqae)).toBe(16);

    // MONAI 1.3, AutoEncoder(3, 2, 4, channels, strides).state_dict(), its ends spelled out.
    expect([...entries.keys()].slice(0, 4)).toEqual([
      'encode.encode_0.conv.weight',
      'encode.encode_0.conv.bias',
      'encode.encode_0.adn.A.weight',
      'encode.encode_1.conv.weight',
    ]);
    expect([...entries.keys()].slice(-4)).toEqual([
      'decode.decode_6.conv.adn.A.weight',
      'decode.decode_7.conv.conv.weight',
      'decode.decode_7.conv.conv.bias',
      'codebook.weight',
    ]);
    const shapes = (names: string[]) => names.map((name) => entries.get(name)!.shape.join(' '));
    expect(
      shapes(['encode.encode_0.conv.weight', 'encode.encode_7.conv.weight', 'decode.decode_0.conv.conv.weight']),
    ).toEqual(['3 3 3 2 48', '3 3 3 256 384', '3 3 3 256 384']);
    expect(shapes(['decode.decode_7.conv.conv.weight', 'decode.decode_7.conv.conv.bias'])).toEqual(['3 3 3 4 48', '4']);
    expect([...entries.keys()]).toHaveLength(8 * 3 + 7 * 3 + 2 + 1);

    // Codes start uniform in ±1/1024.
    const codes = (model.codebook.dataSync() as Float32Array).map(Math.abs);
    const largest = codes.reduce((a, b) => Math.max(a, b));
    expect(largest).toBeLessThanOrEqual(1 / 1024);
    expect(largest).toBeGreaterThan(0.99 / 1024);
    model.dispose();
  });
});

describe('a configuration', () => {
  const monai = tinyConfig('monai').network;
  const patch = tinyConfig('patch').network;
  const cases: [string, Partial<VqaeConfig>][] = [
    ['spatialDims', { spatialDims: 4 as never }],
    ['codes', { codes: 0 }],
    ['codes', { quantizer: { kind: 'fsq', levels: [2, 2, 2, 2, 2, 2] }, network: tinyConfig('patch').network }],
    ['codeDim', { quantizer: { kind: 'fsq', levels: [2, 3] }, network: tinyConfig('patch').network }],
    ['quantizer.levels', { quantizer: { kind: 'fsq', levels: [6, 1, 1, 1, 1, 1] } }],
    [
      'network.kind',
      { quantizer: { kind: 'fsq', levels: [2, 3] }, codeDim: 2, network: { ...monai, channels: [4, 4, 2] } as never },
    ],
    ['codeDim', { codeDim: 1.5 }],
    ['classWeights', { classWeights: [1, 0] }],
    ['network.channels', { network: { ...monai, channels: [4, -4, 6] } as never }],
    ['network.strides', { network: { ...monai, strides: [2, 1] } as never }],
    ['network.strides', { network: { ...monai, strides: [2, 1, 3] } as never }],
    ['network.channels', { network: { ...monai, channels: [], strides: [] } as never }],
    ['codeDim', { codeDim: 5 }],
    ['network.encoder', { network: { ...patch, encoder: [] } as never }],
    ['network.decoder', { network: { ...patch, decoder: [6] } as never }],
    ['network.context', { network: { ...patch, context: 0.5 } as never }],
    ['quantizer.decay', { quantizer: { kind: 'ema', decay: 1.5, restartBelow: 0 } }],
    ['quantizer.beta', { quantizer: { kind: 'gradient', beta: NaN } }],
    ['coding', { coding: 'both' as never }],
  ];
  it.each(cases)('with a wrong %s is refused by name', (field, changes) => {
    const build = () => new VqAutoencoder(tinyConfig('monai', changes));
    expect(build).toThrow(VqaeError);
    expect(build).toThrow(`VqaeConfig.${field}: expected`);
  });
});
