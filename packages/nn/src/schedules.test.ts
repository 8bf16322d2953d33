import { describe, expect, it } from 'vitest';
import { NnError } from './errors';
import { cosine, cosineWarmRestarts, warmup } from './schedules';

describe('schedules', () => {
  it('warmup rises linearly to 1 and stays there', () => {
    expect([0, 1, 2, 3, 4, 100].map((step) => warmup(step, 4))).toEqual([0.25, 0.5, 0.75, 1, 1, 1]);
    expect(warmup(0, 0)).toBe(1);
  });

  it('cosine falls from 1 to 0 and stays there', () => {
    expect(cosine(0, 8)).toBe(1);
    expect(cosine(2, 8)).toBeCloseTo(0.5 + Math.SQRT1_2 / 2, 12);
    expect(cosine(4, 8)).toBeCloseTo(0.5, 12);
    expect(cosine(8, 8)).toBeCloseTo(0, 12);
    expect(cosine(20, 8)).toBeCloseTo(0, 12);
  });

  it('cosineWarmRestarts takes the values of PyTorch’s CosineAnnealingWarmRestarts(T_0=4, T_mult=2)', () => {
    // lr / base_lr over 13 epochs: a period of 4, then one of 8, then the next restart.
    const expected = [1, 0.853553, 0.5, 0.146447, 1, 0.96194, 0.853553, 0.691342, 0.5, 0.308658, 0.146447, 0.03806, 1];
    expected.forEach((factor, step) => expect(cosineWarmRestarts(step, 4, 2)).toBeCloseTo(factor, 5));
    expect(cosineWarmRestarts(20, 4, 2)).toBeCloseTo(0.5, 12);
  });

  it('cosineWarmRestarts follows PyTorch’s closed form for any period and multiplier', () => {
    // torch/optim/lr_scheduler: n = floor(log_{T_mult}(epoch / T_0 (T_mult - 1) + 1)), T_cur and T_i from it.
    for (const [t0, multiplier] of [
      [3, 2],
      [5, 3],
      [7, 1],
    ]) {
      for (let epoch = 0; epoch < 200; epoch++) {
        const n =
          multiplier === 1
            ? Math.floor(epoch / t0)
            : Math.floor(Math.log((epoch / t0) * (multiplier - 1) + 1) / Math.log(multiplier) + 1e-9);
        const start = multiplier === 1 ? n * t0 : (t0 * (multiplier ** n - 1)) / (multiplier - 1);
        const period = t0 * multiplier ** n;
        const expected = (1 + Math.cos((Math.PI * (epoch - start)) / period)) / 2;
        expect(cosineWarmRestarts(epoch, t0, multiplier)).toBeCloseTo(expected, 10);
      }
    }
  });

  it('cosineWarmRestarts refuses periods that never end', () => {
    for (const [t0, multiplier] of [
      [0, 2],
      [-1, 2],
      [4, 0.5],
      [NaN, 1],
    ]) {
      expect(() => cosineWarmRestarts(3, t0, multiplier)).toThrow(NnError);
    }
  });
});
