import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatMetrics, formatNumber, secondsLeft } from './format';

describe('formatting', () => {
  it.each([
    [0.4, '0 s'],
    [59.6, '1 min 00 s'],
    [185, '3 min 05 s'],
    [3725, '1 h 02 min'],
    [100_000, '27 h 46 min'],
    [Infinity, '?'],
  ])('%f seconds are %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it.each([
    [0, '0'],
    [512, '512'],
    [0.123456, '0.1235'],
    [12.3456, '12.35'],
    [0.000123, '1.23e-4'],
    [1234567.5, '1.23e+6'],
    [NaN, 'NaN'],
  ])('%f is %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it('writes metrics in their order, as words', () => {
    expect(formatMetrics({ loss: 0.5, codebookLoss: 0.01234567, dice: 0.9 })).toBe(
      'loss 0.5000 · codebook loss 0.01235 · dice 0.9000',
    );
    expect(formatMetrics({})).toBe('');
  });

  it('writes sizes', () => {
    expect([12, 1500, 8_123_000_000].map(formatBytes)).toEqual(['12 bytes', '1.5 kB', '8.1 GB']);
  });
});

describe('secondsLeft', () => {
  it('goes by the pace since the start or the resumption', () => {
    expect(secondsLeft(25, 100, 0, 50)).toBe(150);
    expect(secondsLeft(75, 100, 50, 50)).toBe(50);
    expect(secondsLeft(50, 100, 50, 1)).toBeUndefined();
  });
});
