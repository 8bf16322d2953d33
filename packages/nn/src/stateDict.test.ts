import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { StateDictError } from './errors';
import { narrowed, widened } from './halfPrecision';
import type { HostTensor } from './hostTensor';
import { conv3dLayer, linearLayer } from './layers';
import { Parameters } from './parameters';
import { Random } from './random';
import { decodeSafetensors, encodeSafetensors } from './safetensors';
import { loadStateDict, stateDict } from './stateDict';
import { NOTHING, leaked } from './testing';

beforeAll(() => tf.setBackend('cpu'));

function model(seed: number, spatialDims: 2 | 3 = 3): Parameters {
  const parameters = new Parameters(new Random(seed));
  conv3dLayer(parameters.scope('conv'), { in: 2, out: 3, spatialDims });
  linearLayer(parameters.scope('linear'), { in: 2, out: 3 });
  return parameters;
}

const valuesOf = (parameters: Parameters) => [...parameters.entries.values()].map((v) => Array.from(v.dataSync()));

describe('state dict', () => {
  it.each([2, 3] as const)('restores every weight bit for bit through a file, %i dimensions', async (spatialDims) => {
    const source = model(1, spatialDims);
    const target = model(2, spatialDims);
    expect(valuesOf(target)).not.toEqual(valuesOf(source));
    const bytes = encodeSafetensors(await stateDict(source, { spatialDims }));
    loadStateDict(target, decodeSafetensors(bytes).tensors, { spatialDims });
    expect(valuesOf(target)).toEqual(valuesOf(source));
  });

  it('has PyTorch’s layout', async () => {
    const parameters = model(1);
    const weight = parameters.entries.get('conv.weight')!;
    const values = weight.arraySync() as number[][][][][];
    const { shape, data } = (await stateDict(parameters)).get('conv.weight')!;
    expect(shape).toEqual([3, 2, 3, 3, 3]);
    // [out 2, in 1, 0, 1, 2]
    expect(data[(((2 * 2 + 1) * 3 + 0) * 3 + 1) * 3 + 2]).toBe(Math.fround(values[0][1][2][1][2]));
    const linear = (await stateDict(parameters)).get('linear.weight')!;
    expect(linear.shape).toEqual([3, 2]);
  });

  it('has no slice axis in 2D', async () => {
    const state = await stateDict(model(1, 2), { spatialDims: 2 });
    expect(state.get('conv.weight')!.shape).toEqual([3, 2, 3, 3]);
  });

  it('is a copy: training does not change it', async () => {
    const parameters = model(1);
    const state = await stateDict(parameters);
    const bias = Array.from(state.get('linear.bias')!.data as Float32Array);
    parameters.entries.get('linear.bias')!.assign(tf.ones([3]));
    expect(Array.from(state.get('linear.bias')!.data as Float32Array)).toEqual(bias);
  });

  it('that does not fit is refused with everything that is wrong, and changes nothing', async () => {
    const parameters = model(1);
    const before = valuesOf(parameters);
    const state = new Map<string, HostTensor>(await stateDict(model(2)));
    state.delete('conv.bias');
    state.delete('linear.weight');
    state.set('other', { dtype: 'F32', shape: [1], data: new Float32Array(1) });
    state.set('linear.bias', { dtype: 'F32', shape: [1, 3], data: new Float32Array(3) });
    state.set('conv.weight', { ...state.get('conv.weight')!, dtype: 'I32' });
    let error: unknown;
    try {
      loadStateDict(parameters, state);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(StateDictError);
    expect(error).toMatchObject({ missing: ['conv.bias', 'linear.weight'], extra: ['other'] });
    const { misshapen, message } = error as StateDictError;
    expect(misshapen).toEqual([
      'conv.weight (F32 [3,2,3,3,3] wanted, I32 [3,2,3,3,3] given)',
      'linear.bias (F32 [3] wanted, F32 [1,3] given)',
    ]);
    expect(message).toContain('missing conv.bias, linear.weight; extra other; misshapen conv.weight');
    expect(valuesOf(parameters)).toEqual(before);
  });

  it('in float16 sets the rounded weights', async () => {
    const [from, to] = [model(1), model(2)];
    const halves = new Map([...(await stateDict(from))].map(([name, tensor]) => [name, narrowed(tensor)]));
    loadStateDict(to, halves);
    const rounded = [...halves.values()].map((tensor) => Array.from(widened(tensor).data as Float32Array));
    expect([...(await stateDict(to)).values()].map(({ data }) => Array.from(data as Float32Array))).toEqual(rounded);
  });

  it('leaves no tensors behind', async () => {
    const left = await leaked(async () => {
      const parameters = model(1);
      loadStateDict(parameters, await stateDict(parameters));
      parameters.dispose();
    });
    expect(left).toEqual(NOTHING);
  });
});
