import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { Parameters, Random } from '@paired3d/nn';
import { PAPER_CONFIG } from './config';
import { leaked, useWasm } from './testing';
import { unet } from './unet';

const paper = { ...PAPER_CONFIG, in: 2, out: 3 };

beforeAll(useWasm);

describe('unet', () => {
  it('has as many weights as the paper', () => {
    const parameters = new Parameters(new Random(0));
    unet(parameters, paper);
    expect(parameters.count).toBe(662_205);
    const names = [...parameters.entries.keys()];
    expect(names.slice(0, 3)).toEqual(['model.0.conv.weight', 'model.0.conv.bias', 'model.0.adn.A.weight']);
    expect(names).toContain('model.1.submodule.1.submodule.1.submodule.1.submodule.1.submodule.adn.A.weight');
    expect(names.slice(-2)).toEqual(['model.2.conv.weight', 'model.2.conv.bias']);
    parameters.dispose();
  });

  it('keeps sizes that its strides do not divide', async () => {
    expect(
      await leaked(() => {
        const parameters = new Parameters(new Random(0));
        const net = unet(parameters, { spatialDims: 3, in: 2, out: 3, channels: [2, 3, 4], strides: [2, 2] });
        expect(tf.tidy(() => net(tf.ones([1, 9, 10, 7, 2])).shape)).toEqual([1, 9, 10, 7, 3]);
        parameters.dispose();
      }),
    ).toBe(0);
  });

  it('works in the plane when spatialDims is 2', () => {
    const parameters = new Parameters(new Random(0));
    const net = unet(parameters, { spatialDims: 2, in: 2, out: 2, channels: [2, 3, 4], strides: [2, 1] });
    expect(parameters.entries.get('model.0.conv.weight')!.shape).toEqual([1, 3, 3, 2, 2]);
    expect(tf.tidy(() => net(tf.ones([1, 1, 10, 12, 2])).shape)).toEqual([1, 1, 10, 12, 2]);
    parameters.dispose();
  });
});
