import { describe, expect, it } from 'vitest';
import { rangePlot } from './range-plot';

const rows = [
  { name: 'real', className: 'ink-0', values: [1, 2, 3, NaN] },
  { name: 'made', className: 'ink-1', values: [4] },
];
const numbers = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => Number(match[1]));

describe('rangePlot', () => {
  it('draws a dot for each finite value and a diamond at each mean', () => {
    const svg = rangePlot(rows, { label: 'a <b>', digits: 1 });
    expect(svg).toContain('aria-label="a &lt;b&gt;"');
    expect(numbers(svg, /<circle cx="([\d.]+)"/g)).toHaveLength(4);
    const means = numbers(svg, /class="mean" d="M([\d.]+)/g);
    const dots = numbers(svg, /<circle cx="([\d.]+)"/g);
    // 2 is the mean of 1, 2, 3, and 4 its own.
    expect(means).toEqual([dots[1], dots[3]]);
    expect(svg).toContain('<title>2.0</title>');
    expect(svg).not.toContain('class="range"');
  });

  it('shades the range, open where it has no end', () => {
    const range = (bounds: { least?: number; most?: number }) =>
      /class="range" x="([\d.]+)" y="\d+" width="([\d.]+)"/
        .exec(rangePlot(rows, { label: '', ...bounds }))!
        .slice(1, 3);
    const [from, width] = range({ least: 1, most: 4 }).map(Number);
    const dots = numbers(rangePlot(rows, { label: '', least: 1, most: 4 }), /<circle cx="([\d.]+)"/g);
    expect([from, from + width]).toEqual([dots[0], dots[3]]);
    expect(Number(range({ most: 2 })[0])).toBe(50);
    const [x, open] = range({ least: 2 }).map(Number);
    expect(x + open).toBeCloseTo(446, 1);
  });

  it('is nothing without values, and draws one value', () => {
    expect(rangePlot([{ ...rows[0], values: [NaN] }], { label: '' })).toBe('');
    expect(rangePlot([rows[1], { ...rows[0], values: [] }], { label: '', least: NaN })).toContain('<circle');
  });
});
