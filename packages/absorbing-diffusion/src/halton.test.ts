import { describe, expect, it } from 'vitest';
import { haltonRanks } from './halton';
import { revealedShare, sampleSchedules } from './schedule';

describe('haltonRanks', () => {
  it('follows the Halton sequence', () => {
    // Base 2: 1/2, 1/4, 3/4, 1/8, 5/8, 3/8, 7/8, 1/16.
    expect([...haltonRanks([8, 1, 1], [0, 0, 0])]).toEqual([7, 3, 1, 5, 0, 4, 2, 6]);
  });

  it('visits every cell once, moved around by the shift', () => {
    const ranks = haltonRanks([4, 3, 5], [0.3, 0.9, 0.5]);
    expect([...ranks].sort((a, b) => a - b)).toEqual([...Array(60).keys()]);
    expect([...ranks]).not.toEqual([...haltonRanks([4, 3, 5], [0, 0, 0])]);
  });

  it('spreads what it has visited more evenly than chance does', () => {
    const ranks = haltonRanks([8, 8, 8], [0, 0, 0]);
    // Visited cells of each octant among the first 64: evenly spread, 8 each; by chance they differ by about 2.6.
    const counts = new Array<number>(8).fill(0);
    ranks.forEach((rank, cell) => {
      const octant = 4 * Number(cell >= 256) + 2 * Number(cell % 64 >= 32) + Number(cell % 8 >= 4);
      if (rank < 64) counts[octant]++;
    });
    for (const count of counts) expect(Math.abs(count - 8)).toBeLessThanOrEqual(2);
  });
});

describe('revealedShare', () => {
  it.each(sampleSchedules)('of a %s schedule grows from none to all', (schedule) => {
    const shares = Array.from({ length: 17 }, (_, pass) => revealedShare(schedule, pass / 16, 3328));
    expect([shares[0], shares[16]]).toEqual([0, 1]);
    for (let pass = 1; pass <= 16; pass++) expect(shares[pass]).toBeGreaterThan(shares[pass - 1]);
  });

  it('of a geometric schedule multiplies by the same factor in each pass', () => {
    const shares = [1, 2, 3, 4].map((pass) => revealedShare('geometric', pass / 4, 256));
    for (let pass = 1; pass < 4; pass++) expect(shares[pass] / shares[pass - 1]).toBeCloseTo(4, 10);
  });
});
