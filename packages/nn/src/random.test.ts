import { describe, expect, it } from 'vitest';
import { normal, pytorchDefault, uniform } from './initialise';
import { Random } from './random';

const DRAWS = 40_000;
const draws = (random: Random) => Array.from(random.uniforms(DRAWS));
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const moment = (values: readonly number[], power: number) => mean(values.map((x) => x ** power));

function correlation(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [mean(a), mean(b)];
  const covariance = mean(a.map((x, i) => (x - ma) * (b[i] - mb)));
  return covariance / Math.sqrt(mean(a.map((x) => (x - ma) ** 2)) * mean(b.map((x) => (x - mb) ** 2)));
}

describe('keys', () => {
  it('the same keys give the same numbers, whoever asks and in whatever order', () => {
    const expected = Array.from(Random.of(7, 'vqae', 3).uniforms(5));
    Random.of(7, 'vqae', 2).uniforms(100);
    expect(Array.from(Random.of(7, 'vqae', 3).uniforms(5))).toEqual(expected);
  });

  it('keeps apart keys that look alike', () => {
    const lists: (number | string)[][] = [[1, 2], [12], ['1', 2], [1, '2'], ['1|2'], ['12'], [2, 1], [1, 2, 0], []];
    const first = lists.map((keys) => Random.of(...keys).bits());
    expect(new Set(first).size).toBe(lists.length);
  });

  it('gives uncorrelated numbers for neighbouring keys', () => {
    for (const [a, b] of [
      [Random.of(1, 'x', 0), Random.of(1, 'x', 1)],
      [Random.of(1), Random.of(2)],
      [new Random(0), new Random(1)],
      [new Random(5), new Random(5).fork('child')],
    ]) {
      expect(Math.abs(correlation(draws(a), draws(b)))).toBeLessThan(5 / Math.sqrt(DRAWS));
    }
  });

  it('gives first numbers that are spread over consecutive keys', () => {
    const first = Array.from({ length: DRAWS }, (_, step) => Random.of(1, 'step', step).uniform());
    expect(Math.abs(mean(first) - 0.5)).toBeLessThan(5 / Math.sqrt(12 * DRAWS));
    expect(Math.abs(correlation(first.slice(1), first.slice(0, -1)))).toBeLessThan(5 / Math.sqrt(DRAWS));
  });

  it('forks without advancing, whatever was drawn before', () => {
    const parent = new Random(3);
    const fresh = parent.fork('a', 1).uniform();
    const next = new Random(3).uniform();
    expect(parent.uniform()).toBe(next);
    expect(parent.fork('a', 1).uniform()).toBe(fresh);
    expect(parent.fork('a', 2).uniform()).not.toBe(fresh);
  });

  it('stays what it is: checkpoints rely on these numbers', () => {
    const random = Random.of(1, 'vqae', 2);
    expect([random.bits(), random.bits(), random.bits()]).toEqual([2570030940, 2666519134, 1594402246]);
  });
});

describe('distributions', () => {
  it('uniform numbers lie in [0, 1) and have the moments of the uniform distribution', () => {
    const values = draws(new Random(11));
    expect(Math.min(...values.slice(0, 10_000))).toBeGreaterThanOrEqual(0);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    for (const power of [1, 2, 3, 4]) {
      const deviation = Math.sqrt(1 / (2 * power + 1) - 1 / (power + 1) ** 2);
      expect(Math.abs(moment(values, power) - 1 / (power + 1))).toBeLessThan((5 * deviation) / Math.sqrt(DRAWS));
    }
  });

  it('uniform numbers fill all bins alike (chi squared, 63 degrees of freedom)', () => {
    const bins = new Array<number>(64).fill(0);
    for (const value of draws(new Random(12))) bins[Math.floor(value * 64)]++;
    const expected = DRAWS / 64;
    const chi = bins.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(chi).toBeGreaterThan(28);
    expect(chi).toBeLessThan(115);
  });

  it('float32 uniforms never round up to 1', () => {
    class Highest extends Random {
      override uniform(): number {
        return 1 - 2 ** -53;
      }
    }
    expect(new Highest(1).uniforms(1)[0]).toBeLessThan(1);
  });

  it('normal numbers have the moments of the standard normal distribution', () => {
    const values = Array.from(new Random(13).normals(DRAWS));
    const expected = [0, 1, 0, 3];
    const variance = [1, 2, 15, 96];
    for (const power of [1, 2, 3, 4]) {
      const tolerance = 5 * Math.sqrt(variance[power - 1] / DRAWS);
      expect(Math.abs(moment(values, power) - expected[power - 1])).toBeLessThan(tolerance);
    }
  });

  it('integers cover their range evenly', () => {
    const random = new Random(14);
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 12_000; i++) counts[random.integer(6)]++;
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(5 * Math.sqrt(2000));
  });

  it('shuffles into every order equally often, leaving its argument alone', () => {
    const random = new Random(15);
    const values = [1, 2, 3] as const;
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.shuffle(values).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(values).toEqual([1, 2, 3]);
    expect([...counts.keys()].sort()).toEqual(['123', '132', '213', '231', '312', '321']);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(1000));
  });
});

describe('initial values', () => {
  it('follow their bounds and deviations', () => {
    const flat = uniform(0.25)(new Random(1), DRAWS);
    expect(Math.max(...flat.map(Math.abs).slice(0, 10_000))).toBeLessThanOrEqual(0.25);
    expect(moment(Array.from(flat), 2)).toBeCloseTo(0.25 ** 2 / 3, 3);
    expect(moment(Array.from(normal(0.02)(new Random(1), DRAWS)), 2) / 0.02 ** 2).toBeCloseTo(1, 1);
    const layer = pytorchDefault(27)(new Random(1), DRAWS);
    expect(layer.every((value) => Math.abs(value) <= 1 / Math.sqrt(27))).toBe(true);
    expect(moment(Array.from(layer), 2)).toBeCloseTo(1 / 27 / 3, 3);
  });
});
