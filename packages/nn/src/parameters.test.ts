import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { NnError } from './errors';
import { normal } from './initialise';
import { Parameters } from './parameters';
import { Random } from './random';
import { NOTHING, leaked } from './testing';

beforeAll(() => tf.setBackend('cpu'));

const make = () => new Parameters(new Random(1));

describe('Parameters', () => {
  it('joins scopes by dots, in order of creation', () => {
    const parameters = make();
    parameters.scope('encode').scope(0).add('weight', [2, 3], 0);
    parameters.add('bias', [4], 1);
    parameters.scope('encode').add('scale', [], 2);
    expect([...parameters.entries.keys()]).toEqual(['encode.0.weight', 'bias', 'encode.scale']);
    expect(parameters.count).toBe(2 * 3 + 4 + 1);
    parameters.dispose();
  });

  it('shows the weights below a scope by their full names', () => {
    const parameters = make();
    parameters.scope('a').add('w', [2], 0);
    parameters.scope('ab').add('w', [3], 0);
    const a = parameters.scope('a');
    expect([...a.entries.keys()]).toEqual(['a.w']);
    expect(a.count).toBe(2);
    a.dispose();
    expect([...parameters.entries.keys()]).toEqual(['ab.w']);
    parameters.dispose();
  });

  it('refuses a name twice', () => {
    const parameters = make();
    parameters.scope('a').add('w', [2], 0);
    const again = () => parameters.scope('a').add('w', [2], 0);
    expect(again).toThrow(NnError);
    expect(again).toThrow("Parameters.add: expected a new name, got 'a.w' twice; give each layer a scope of its own");
    parameters.dispose();
  });

  it('draws initial values that depend on the name and the seed, not on the order', async () => {
    const names = ['x', 'y', 'z'];
    const build = (order: string[], seed = 1) => {
      const parameters = new Parameters(new Random(seed));
      for (const name of order) parameters.scope(name).add('w', [4], normal(1));
      const values = Object.fromEntries([...parameters.entries].map(([name, w]) => [name, Array.from(w.dataSync())]));
      parameters.dispose();
      return values;
    };
    const forwards = build(names);
    expect(build([...names].reverse())).toEqual(forwards);
    expect(forwards['x.w']).not.toEqual(forwards['y.w']);
    expect(build(names, 2)['x.w']).not.toEqual(forwards['x.w']);
  });

  it('fills constants and frees everything', async () => {
    const left = await leaked(() => {
      const parameters = make();
      const weight = parameters.add('w', [2, 2], 0.25);
      expect(Array.from(weight.dataSync())).toEqual([0.25, 0.25, 0.25, 0.25]);
      parameters.add('v', [2], normal(1));
      parameters.dispose();
      expect(parameters.entries.size).toBe(0);
    });
    expect(left).toEqual(NOTHING);
  });
});
