import { describe, expect, it } from 'vitest';
import { labelMap, picture } from './labelMap';

describe('labelMap', () => {
  it('takes the likeliest of background and labels', () => {
    const probabilities = Float32Array.of(0.1, 0.2, 0.6, 0.3, 0.3, 0.5, 0.4, 0.4, 0, 0);
    expect([...labelMap(probabilities, 2)]).toEqual([0, 1, 2, 1, 0]);
  });
});

describe('picture', () => {
  it('leaves masks as they are and gives each label a grey', () => {
    const mask = Float32Array.of(0.2, 0.9);
    expect(picture(mask)).toBe(mask);
    expect([...picture(Float32Array.of(0, 0, 1, 0, 0, 1), 2)]).toEqual([0, 0.5, 1]);
  });
});
