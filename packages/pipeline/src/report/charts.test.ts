import { describe, expect, it } from 'vitest';
import { linearTicks, logTicks, makeAxis } from './axis';
import { boxPlot } from './box-plot';
import { casePlot } from './case-plot';
import { WIDTH } from './chart-frame';
import { bytes, count, decimal, duration, escapeText, tickLabel } from './format';
import { lineChart } from './line-chart';
import { boxStatistics, movingAverage, quantile, thinned } from './statistics';

describe('axis', () => {
  it('ticks at round values', () => {
    expect(linearTicks(0, 10).values).toEqual([0, 2, 4, 6, 8, 10]);
    expect(linearTicks(0.1, 0.34).values).toEqual([0.1, 0.15, 0.2, 0.25, 0.3]);
    expect(linearTicks(-1, 1, 4).values).toEqual([-1, -0.5, 0, 0.5, 1]);
    expect(logTicks(0.01, 100)).toEqual([0.01, 0.1, 1, 10, 100]);
    expect(logTicks(0.9, 21)).toEqual([1, 2, 5, 10, 20]);
  });

  it('widens to whole ticks and places values', () => {
    const axis = makeAxis(0.3, 9.1);
    expect([axis.from, axis.to]).toEqual([0, 10]);
    expect(axis.position(5)).toBeCloseTo(0.5);
    const log = makeAxis(1, 100, { scale: 'log', rounded: false });
    expect(log.position(10)).toBeCloseTo(0.5);
  });

  it('gives a single value room', () => {
    for (const value of [0, 5, -2]) {
      const axis = makeAxis(value, value);
      expect(axis.position(value)).toBeGreaterThan(0);
      expect(axis.position(value)).toBeLessThan(1);
      expect(axis.ticks.length).toBeGreaterThan(1);
    }
  });
});

describe('format', () => {
  it('escapes all that means something to HTML', () => {
    expect(escapeText(`<a href="x" b='y'>&`)).toBe('&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;');
  });

  it('writes numbers for people', () => {
    expect(decimal(-1.234)).toBe('−1.23');
    expect(decimal(undefined)).toBe('–');
    expect(decimal(NaN)).toBe('–');
    expect(count(1234567)).toBe('1\u202f234\u202f567');
    expect([0.424, 8.31, 59.96, 125, 3725].map(duration)).toEqual([
      '0.42 s',
      '8.3 s',
      '1 min 00 s',
      '2 min 05 s',
      '1 h 02 min',
    ]);
    expect([512, 1536, 3.4 * 2 ** 30, undefined].map(bytes)).toEqual(['512 B', '1.5 KiB', '3.4 GiB', '–']);
  });

  it('labels ticks as short as they differ', () => {
    expect([0, 0.5, 1].map((value) => tickLabel(value, 0.5))).toEqual(['0', '0.5', '1.0']);
    expect([0.05, 0.1].map((value) => tickLabel(value, 0.05))).toEqual(['0.05', '0.10']);
    expect([5000, 10000, 15000].map((value) => tickLabel(value, 5000))).toEqual(['5000', '10k', '15k']);
    expect(tickLabel(12500, 500)).toBe('12.5k');
    expect(tickLabel(-2, 1)).toBe('−2');
    expect(tickLabel(1e-5)).toBe('1e−5');
  });
});

describe('statistics', () => {
  it('has the quartiles of a sample worked by hand', () => {
    // Type 7: position p (n - 1), so with n = 8 the quartiles are at 1.75 and 5.25.
    const box = boxStatistics([7, 1, 3, 100, 4, 2, 5, 6])!;
    expect([box.lowerQuartile, box.median, box.upperQuartile]).toEqual([2.75, 4.5, 6.25]);
    expect([box.lowerWhisker, box.upperWhisker]).toEqual([1, 7]);
    expect([box.minimum, box.maximum, box.mean, box.count]).toEqual([1, 100, 16, 8]);
    expect(quantile([3], 0.25)).toBe(3);
  });

  it('leaves out what is not finite', () => {
    expect(boxStatistics([NaN, Infinity])).toBeUndefined();
    expect(boxStatistics([NaN, 2])!.median).toBe(2);
  });

  it('averages over a window that the ends cut off', () => {
    expect(movingAverage([1, 2, 6, 3], 3)).toEqual([1.5, 3, 11 / 3, 4.5]);
    expect(movingAverage([1, 2], 1)).toEqual([1, 2]);
    expect(movingAverage([], 5)).toEqual([]);
  });

  it('thins evenly with both ends', () => {
    expect(thinned([0, 1, 2, 3, 4, 5, 6], 3)).toEqual([0, 3, 6]);
    expect(thinned([1, 2], 3)).toEqual([1, 2]);
  });
});

describe('lineChart', () => {
  const x = [0, 1, 2, 3];

  it('draws each finite series as measured and smoothed, with a legend', () => {
    const svg = lineChart(
      [
        { name: 'loss <1>', x, y: [4, 3, NaN, 2] },
        { name: 'none', x, y: [NaN, NaN, NaN, NaN] },
      ],
      { label: 'a "b"' },
    );
    expect(svg).toContain('loss &lt;1&gt;');
    expect(svg).toContain('aria-label="a &quot;b&quot;"');
    expect(svg).not.toContain('none');
    expect(svg.match(/class="raw"/g)).toHaveLength(1);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('turns logarithmic when the curve spans more than a decade, and not below zero', () => {
    const falling = Array.from({ length: 100 }, (_, n) => 100 * 0.9 ** n);
    const steps = falling.map((_, n) => n);
    expect(lineChart([{ name: 'a', x: steps, y: falling }], { label: '' })).toContain('>0.01<');
    const crossing = lineChart([{ name: 'a', x: steps, y: falling.map((value) => value - 1) }], {
      label: '',
      scale: 'log',
    });
    expect(crossing).not.toMatch(/NaN|Infinity/);
  });

  it('is empty without points and bounded with many', () => {
    expect(lineChart([], { label: '' })).toBe('');
    const many = Array.from({ length: 20000 }, (_, n) => n);
    expect(lineChart([{ name: 'a', x: many, y: many }], { label: '' }).length).toBeLessThan(12000);
  });
});

describe('boxPlot', () => {
  it('puts quartiles and median where the axis says', () => {
    // The axis runs from 0 to 10 over y = 228 to 26: 20.2 units for each.
    const svg = boxPlot([{ name: 'a', values: [2, 4, 6, 8, 10] }], { label: 'x' });
    expect(svg).toContain('y="66.4"');
    expect(svg).toContain('height="80.8"');
    expect(svg).toMatch(/class="median" d="M[\d.]+ 106.8H/);
    expect(svg).toContain('>6.00<');
  });

  it('is the same every time, says how many lie above, and drops empty groups', () => {
    const values = [...Array.from({ length: 300 }, (_, n) => 1 + (n % 17) / 4), 90, 95];
    const draw = (): string =>
      boxPlot(
        [
          { name: 'a', values },
          { name: 'nothing', values: [] },
        ],
        { label: 'x' },
      );
    expect(draw()).toBe(draw());
    expect(draw()).toContain('2 above');
    expect(draw()).not.toContain('nothing');
    expect(boxPlot([], { label: 'x' })).toBe('');
  });

  it('draws a reference inside the axis', () => {
    const svg = boxPlot([{ name: 'a', values: [1, 2, 3] }], { label: 'x', reference: { name: 'const', value: 2.5 } });
    expect(svg).toContain('class="reference"');
    expect(svg).toContain('const 2.50');
  });
});

describe('casePlot', () => {
  it('leaves out what is missing', () => {
    const svg = casePlot(['1', '2'], [{ name: 'm', className: 'ink-0', values: [3, undefined] }], { label: 'x' });
    expect(svg.match(/<circle class="dot"[^>]*r="4.5"/g)).toHaveLength(1);
    expect(svg).not.toMatch(/NaN|undefined/);
    expect(casePlot(['1'], [{ name: 'm', className: 'ink-0', values: [undefined] }], { label: 'x' })).toBe('');
  });

  it('has room for the names of all methods of a run', () => {
    const names = ['Before', 'Real', 'Synthetic', '+ TTA', '+ optim.', 'Optimised'];
    const svg = casePlot(
      ['1'],
      names.map((name) => ({ name, className: 'ink-0', values: [1] })),
      { label: 'x' },
    );
    const [, x, last] = [...svg.matchAll(/class="legend" x="([\d.]+)"[^>]*>([^<]*)/g)].at(-1)!;
    expect(last).toBe('Optimised');
    // A letter of the page's fonts is at most 6.6 wide on average.
    expect(Number(x) + 6.6 * last.length).toBeLessThan(WIDTH);
  });

  it('thins labels that would not fit', () => {
    const cases = Array.from({ length: 60 }, (_, n) => `case_${n}`);
    const svg = casePlot(cases, [{ name: 'm', className: 'ink-0', values: cases.map(() => 1) }], { label: 'x' });
    expect(svg.match(/>case_\d+</g)!.length).toBeLessThan(10);
  });
});
