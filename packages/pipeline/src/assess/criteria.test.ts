import { describe, expect, it } from 'vitest';
import type { AssessedPair } from './assessStage';
import { BOUNDS, copyBound, judgePairs, meanAndDeviation, type CriterionName } from './criteria';
import type { PairFigures } from './pairFigures';
import { boundsText, verdictOf } from './verdict';

const FIGURES: PairFigures = {
  volumeFraction: 0.03,
  components: 30,
  thickness: 4.3,
  branching: 0.09,
  dice: 0.4,
  ncc: 0.45,
  nccAfter: 0.92,
  displacement: 10,
};

/** Three pairs: the figures times 1 - `spread`, 1 and 1 + `spread`. */
function three(change: Partial<PairFigures> = {}, spread = 0.2, overlap = 0.4): AssessedPair[] {
  return [-1, 0, 1].map((sign, n) => {
    const scaled = Object.entries({ ...FIGURES, ...change }).map(([name, value]) => [
      name,
      name === 'nccAfter' ? value : value * (1 + sign * spread),
    ]);
    const nearest = { id: 'x', image: 'fixed', mirrored: false, overlap } as const;
    return { id: `${n}`, figures: Object.fromEntries(scaled) as PairFigures, nearest, copy: 0.94 };
  });
}

const REAL = { pairs: three(), spread: 0.7 };
const failing = (synthetic: { pairs: AssessedPair[]; spread?: number }): CriterionName[] =>
  judgePairs(REAL, synthetic)
    .filter(({ passed }) => !passed)
    .map(({ name }) => name);

describe('judgePairs', () => {
  it('finds nothing wrong with pairs like the real ones', () => {
    expect(failing({ pairs: three(), spread: 0.7 })).toEqual([]);
    expect(judgePairs(REAL, REAL)).toHaveLength(12);
  });

  it.each<[Partial<PairFigures>, CriterionName[]]>([
    // Standard deviation 20 %, so the mean may lie 30 % aside.
    [{ volumeFraction: 0.03 * 1.29 }, []],
    [{ volumeFraction: 0.03 * 1.31 }, ['volumeFraction']],
    [{ components: 30 * 0.69 }, ['components']],
    [{ thickness: 4.3 * 1.4 }, ['thickness']],
    [{ branching: 0.09 * 0.5 }, ['branching']],
    [{ dice: 0.7, ncc: 0.8 }, ['dice', 'ncc']],
    [{ nccAfter: 0.849 }, ['nccAfter']],
    [{ nccAfter: 0.851 }, []],
    // The spread of these is a part of their mean, so it goes along.
    [{ displacement: 11.9 }, []],
    [{ displacement: 12.1 }, ['displacement', 'displacementDeviation']],
    [{ displacement: 5.3 }, ['displacement', 'displacementDeviation']],
  ])('takes %j for %j', (change, names) => {
    expect(failing({ pairs: three(change), spread: 0.7 })).toEqual(names);
  });

  it('wants motions that differ, pairs that differ, no copies and no blank scans', () => {
    expect(failing({ pairs: three({}, 0.15), spread: 0.7 })).toEqual(['displacementDeviation']);
    expect(failing({ pairs: three(), spread: 0.5 })).toEqual(['spread']);
    expect(failing({ pairs: three(), spread: 0.9 })).toEqual(['spread']);
    expect(failing({ pairs: [...three(), { id: 'blank' }], spread: 0.7 })).toEqual(['blank']);
    // Others 0.4, copies 0.94: a third of the way is 0.58.
    expect(copyBound(REAL.pairs)).toBeCloseTo(0.58, 9);
    expect(failing({ pairs: three({}, 0.2, 0.57), spread: 0.7 })).toEqual([]);
    expect(failing({ pairs: three({}, 0.2, 0.59), spread: 0.7 })).toEqual(['copies']);
  });

  it('allows for real pairs that are alike, or that align less well', () => {
    const alike = { pairs: three({}, 0.01), spread: 0.7 };
    const criteria = judgePairs(alike, { pairs: three({ thickness: 4.3 * 1.09 }, 0.01), spread: 0.7 });
    expect(criteria.filter(({ passed }) => !passed)).toEqual([]);
    const poor = { pairs: three({ nccAfter: 0.7 }), spread: 0.7 };
    const judged = judgePairs(poor, poor).find(({ name }) => name === 'nccAfter')!;
    expect(judged.least).toBeCloseTo(0.7, 9);
    expect(judged.least).toBeLessThan(BOUNDS.nccAfter);
    expect(judged.passed).toBe(true);
  });

  it('does not pass what it cannot know', () => {
    expect(failing({ pairs: [{ id: 'blank' }] })).toHaveLength(11);
    expect(failing({ pairs: three().slice(1, 2) })).toEqual(['displacementDeviation', 'spread']);
  });
});

it('mean and standard deviation', () => {
  expect(meanAndDeviation([])).toEqual({});
  expect(meanAndDeviation([3])).toEqual({ mean: 3 });
  expect(meanAndDeviation([1, 2, 6])).toEqual({ mean: 3, deviation: Math.sqrt(7) });
});

describe('verdictOf', () => {
  it('is one line with the figures that fail and their bounds', () => {
    const pairs = three({ nccAfter: 0.74, displacement: 5.3, volumeFraction: 0.01 });
    expect(verdictOf(judgePairs(REAL, { pairs, spread: 0.7 }))).toEqual({
      passed: false,
      line:
        'not plausible: 4 of 12 figures are not within their bounds: volume fraction 1.00 % (2.10 to 3.90 %), NCC after ' +
        'optimisation 0.740 (at least 0.850), displacement 5.30 mm (8.00 to 12.00 mm), s.d. of the displacement 1.06 mm ' +
        '(1.60 to 2.40 mm)',
    });
    expect(verdictOf(judgePairs(REAL, REAL), 2)).toEqual({
      passed: true,
      line: 'plausible: all 12 figures are within their bounds; 2 of the pairs are real ones, value for value',
    });
  });

  it('writes bounds as they are', () => {
    const form = { digits: 1, unit: 'mm' };
    expect(boundsText({ ...form, least: 1, most: 2 })).toBe('1.0 to 2.0 mm');
    expect(boundsText({ ...form, least: 1 })).toBe('at least 1.0 mm');
    expect(boundsText({ ...form, most: 2 })).toBe('at most 2.0 mm');
    expect(boundsText({ ...form, most: 0 })).toBe('none');
    expect(boundsText({ ...form, least: NaN, most: NaN })).toBe('– to –');
  });
});
