import { Random } from '@paired3d/nn';
import { describe, expect, it } from 'vitest';
import { sharpened } from './sharpen';

const logit = (p: number) => Math.log(p / (1 - p));

describe('sharpened', () => {
  it('multiplies the log odds of a mask', () => {
    const p = Float32Array.from({ length: 50 }, (_, i) => 0.01 + 0.98 * Random.of('p', i).uniform());
    const result = sharpened(p, 2);
    p.forEach((value, i) => expect(logit(result[i])).toBeCloseTo(2 * logit(value), 3));
  });

  it('multiplies those between labels and the background, which stay probabilities', () => {
    const p = Float32Array.of(0.1, 0.2, 0.3, 0.6, 0.1, 0.2);
    const result = sharpened(p, 1.5, 3);
    for (const voxel of [0, 3]) {
      const [before, after] = [p, result].map((x) => {
        const labels = Array.from(x.subarray(voxel, voxel + 3));
        return [1 - labels.reduce((a, b) => a + b), ...labels];
      });
      expect(after.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
      for (let label = 1; label < 4; label++) {
        const odds = (x: number[]) => Math.log(x[label] / x[0]);
        expect(odds(after)).toBeCloseTo(1.5 * odds(before), 4);
      }
    }
  });

  it('leaves certainty and one half alone, and all with 1', () => {
    expect([...sharpened(Float32Array.of(0, 1, 0.5), 3)]).toEqual([0, 1, 0.5]);
    const p = Float32Array.of(0.2, 0.7);
    expect(sharpened(p, 1)).toBe(p);
  });
});
