import { Random } from '@paired3d/nn';
import { describe, expect, it } from 'vitest';
import { drawCode, type DrawOptions } from './draw';

/** Logits of the likelihoods, after two that belong to another token. */
const logits = Float32Array.of(9, 9, ...[0.1, 0.4, 0.2, 0.3].map(Math.log));
const all: DrawOptions = { temperature: 1, range: [0, 4], topP: 1 };

function frequencies(options: DrawOptions): number[] {
  const random = new Random(1);
  const counts = [0, 0, 0, 0];
  for (let n = 0; n < 20_000; n++) counts[drawCode(logits, 2, options, random).code]++;
  return counts.map((count) => count / 20_000);
}

function expectClose(actual: number[], expected: number[]): void {
  actual.forEach((share, code) => expect(Math.abs(share - expected[code])).toBeLessThan(0.02));
}

describe('drawCode', () => {
  it('draws each code as often as it is likely, and says how likely', () => {
    expectClose(frequencies(all), [0.1, 0.4, 0.2, 0.3]);
    const { code, probability } = drawCode(logits, 2, all, new Random(3));
    expect(probability).toBeCloseTo([0.1, 0.4, 0.2, 0.3][code], 6);
  });

  it('keeps the likeliest codes that reach the probability of the nucleus', () => {
    expectClose(frequencies({ ...all, topP: 0.6 }), [0, 4 / 7, 0, 3 / 7]);
    expect(frequencies({ ...all, topP: 1e-9 })).toEqual([0, 1, 0, 0]);
    expect(drawCode(logits, 2, { ...all, topP: 0.3 }, new Random(1)).probability).toBe(1);
  });

  it('stays within the range', () => {
    expectClose(frequencies({ ...all, range: [2, 4] }), [0, 0, 0.4, 0.6]);
  });
});
