import { Random } from '@paired3d/nn';
import { describe, expect, it } from 'vitest';
import { maskAnyOrder, maskAtRandomTimes, type MaskedBatch } from './masking';
import { randomItems } from './testing';

const CODES = 5;
const LENGTH = 12;

/** What holds for every batch, whatever is masked. */
function expectConsistent(batch: MaskedBatch, items: Int32Array[]): void {
  const isMasked = new Set(batch.masked);
  batch.ids.forEach((id, at) => {
    expect(id).toBe(isMasked.has(at) ? CODES : items[Math.floor(at / LENGTH)][at % LENGTH]);
  });
  batch.masked.forEach((at, row) => {
    expect(batch.labels[row]).toBe(items[Math.floor(at / LENGTH)][at % LENGTH]);
    expect(batch.item[row]).toBe(Math.floor(at / LENGTH));
  });
  expect([...batch.masked]).toEqual([...isMasked].sort((a, b) => a - b));
  expect(batch.times).toHaveLength(items.length);
}

describe('maskAtRandomTimes', () => {
  it('replaces what it masks and remembers what was there', () => {
    const items = randomItems(20, LENGTH, CODES);
    expectConsistent(maskAtRandomTimes(items, CODES, new Random(1)), items);
  });

  it('draws times from U{1..steps}/steps', () => {
    const items = randomItems(4000, 1, CODES);
    const { times } = maskAtRandomTimes(items, CODES, new Random(1), { steps: 4 });
    for (const time of [0.25, 0.5, 0.75, 1]) {
      const count = times.filter((t) => t === time).length;
      expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(750));
    }
  });

  it('masks each token with probability t, all of them at t = 1', () => {
    const items = randomItems(4000, LENGTH, CODES);
    const { times, item } = maskAtRandomTimes(items, CODES, new Random(2), { steps: 4 });
    const counts = new Float64Array(items.length);
    for (const i of item) counts[i]++;
    for (const time of [0.25, 0.5, 0.75, 1]) {
      const mine = [...counts].filter((_, i) => times[i] === time);
      const mean = mine.reduce((a, b) => a + b, 0) / mine.length;
      const variance = mine.reduce((sum, n) => sum + (n - mean) ** 2, 0) / mine.length;
      const expected = LENGTH * time * (1 - time);
      expect(Math.abs(mean - LENGTH * time)).toBeLessThanOrEqual(5 * Math.sqrt(expected / mine.length));
      // Independent tokens: a binomial count.
      expect(Math.abs(variance - expected)).toBeLessThan(0.25 * expected + 1e-9);
    }
  });

  it('leaves out places without a token, and does not count them', () => {
    const items = randomItems(200, LENGTH, CODES);
    const there = Array.from({ length: LENGTH }, (_, at) => at % 3 === 0);
    const present = items.map((_, i) => (i % 2 === 0 ? there : undefined));
    for (const batch of [
      maskAtRandomTimes(items, CODES, new Random(1), { present }),
      maskAnyOrder(items, CODES, new Random(1), present),
    ]) {
      expectConsistent(batch, items);
      expect(batch.counts.slice(0, 2)).toEqual([LENGTH / 3, LENGTH]);
      const places = new Set(Array.from(batch.masked, (at) => `${Math.floor(at / LENGTH) % 2} ${at % LENGTH}`));
      expect(places.size).toBe(LENGTH / 3 + LENGTH);
    }
  });

  it('is reproducible', () => {
    const items = randomItems(3, LENGTH, CODES);
    const draw = (seed: number) => maskAtRandomTimes(items, CODES, new Random(seed));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });
});

describe('maskAnyOrder', () => {
  it('masks a uniform number of tokens, uniformly chosen', () => {
    const few = randomItems(20, LENGTH, CODES);
    expectConsistent(maskAnyOrder(few, CODES, new Random(2)), few);
    const items = randomItems(3000, LENGTH, CODES);
    const batch = maskAnyOrder(items, CODES, new Random(1));
    const counts = new Array<number>(LENGTH + 1).fill(0);
    const places = new Array<number>(LENGTH).fill(0);
    const each = new Float64Array(items.length);
    batch.masked.forEach((at, row) => {
      places[at % LENGTH]++;
      each[batch.item[row]]++;
    });
    for (const count of each) counts[count]++;
    expect(counts[0]).toBe(0);
    for (const count of counts.slice(1)) expect(Math.abs(count - 250)).toBeLessThan(5 * Math.sqrt(250));
    const share = (3000 * (LENGTH + 1)) / (2 * LENGTH);
    for (const count of places) expect(Math.abs(count - share)).toBeLessThan(5 * Math.sqrt(share));
    batch.times.forEach((time, i) => expect(time * LENGTH).toBeCloseTo(each[i], 4));
  });
});
