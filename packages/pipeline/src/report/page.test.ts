import { describe, expect, it } from 'vitest';
import { renderReport } from './page';
import { landmarkWeightedMean, type MethodTables, type Summary } from './summary';
import type { ReportData } from './types';

const size = [4, 3, 4] as const;
const volume = (value: number): Float32Array => new Float32Array(48).map((_, n) => (n % 5 === 0 ? value : 0));
const tre: MethodTables = {
  before: { mean: 14.291, cases: { case_002: 15, case_010: 13.5 } },
  networkReal: { mean: 10.61, cases: { case_002: 11, case_010: 10.2 } },
  network: { mean: 7.587, cases: { case_002: 8, case_010: 7.1 } },
  tta: { mean: 2.79, cases: { case_002: 2.9, case_010: 2.6 } },
};
const summary: Summary = {
  vqae: { dice: 0.91, codesUsed: 187, codes: 256 },
  diffusion: { bitsPerToken: 3.07 },
  registration: {
    tre,
    treExact: tre,
    constantMeanDisplacement: { mean: 9.1 },
    dice: { before: { mean: 0.2, cases: {} }, network: { mean: 0.5, cases: { case_002: 0.5 } } },
  },
  timings: { vqae: 12, 'one pair': 0.5 },
  backend: 'wasm',
  seed: 1,
  workers: 2,
  versions: {},
};
const data: ReportData = {
  title: 'Run of <small>',
  command: 'paired3d run --train "a&b"',
  preset: 'small',
  seed: 1,
  backend: 'wasm',
  workers: 2,
  versions: { '@paired3d/pipeline': '0.1.0' },
  config: { homepage: 'https://example.org', text: '</code><script>alert(1)</script>' },
  pairs: { train: 10, test: 2, synthetic: 256 },
  stages: [
    { name: 'vqae', seconds: 12, skipped: true },
    { name: 'diffusion', seconds: 125, skipped: false, resumedAt: 1200, peakMemoryBytes: 2 ** 30 },
  ],
  realPairs: [{ id: 'case_032', size, fixed: volume(1), moving: volume(0.5) }],
  syntheticPairs: [{ id: 'synthetic_0', size, fixed: volume(1), moving: volume(0.5) }],
  registrations: [
    {
      id: 'case_002',
      size,
      fixed: volume(1),
      movingBefore: volume(0.5),
      movingAfter: volume(1),
      label: 'network',
      method: 'network',
    },
  ],
  curves: [
    {
      stage: 'vqae',
      series: [
        { name: 'loss', steps: [1, 2, 3], values: [3, 2, 1] },
        { name: 'Dice', panel: 'overlap', steps: [1, 3], values: [0.2, 0.8] },
      ],
    },
  ],
  summary,
};

const VOID = new Set(['meta', 'link', 'img', '!doctype']);

/** Names of elements left open or closed out of order. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  const text = html.replace(/<style>[^]*?<\/style>/g, '');
  for (const [, closing, name, selfClosing] of text.matchAll(/<(\/?)([a-z!][a-z0-9]*)(?:"[^"]*"|[^">])*?(\/?)>/gi)) {
    if (closing) {
      if (open.pop() !== name) wrong.push(name);
    } else if (!selfClosing && !VOID.has(name.toLowerCase())) open.push(name);
  }
  return [...wrong, ...open];
}

describe('renderReport', () => {
  const html = renderReport(data);

  it('is one well-formed page that loads and runs nothing', () => {
    expect(unbalanced(html)).toEqual([]);
    expect(html.startsWith('<!doctype html>\n<html lang="en">')).toBe(true);
    expect(html).not.toMatch(/<script|@import|url\(|\son\w+=/i);
    for (const [, address] of html.matchAll(/(?:src|href)="([^"]*)"/g)) expect(address).toMatch(/^(data:|#)/);
    expect(renderReport({ ...data, config: {} })).not.toMatch(/https?:\/\//);
  });

  it('escapes what it is given', () => {
    expect(html).toContain('<title>Run of &lt;small&gt;</title>');
    expect(html).toContain('paired3d run --train &quot;a&amp;b&quot;');
    expect(html).toContain('&lt;/code&gt;&lt;script&gt;');
  });

  it('describes every picture and scopes every heading of a table', () => {
    const images = html.match(/<img[^>]*>/g)!;
    expect(images).toHaveLength(4);
    for (const image of images) expect(image).toMatch(/alt="Coronal maximum projection: [^"]+"/);
    for (const head of html.match(/<th[ >][^>]*>/g)!) expect(head).toContain('scope=');
    expect(html.match(/<table>/g)).toHaveLength(html.match(/<caption>/g)!.length);
    for (const [, id] of html.matchAll(/href="#([^"]+)"/g)) expect(html).toContain(`id="${id}"`);
  });

  it('says the result in words, and what to compare it with', () => {
    expect(html).toContain(
      'Trained on 256 synthetic pairs only, the network brings the mean landmark error on 2 held-out pairs ' +
        'from 14.29 mm to <b>7.59 mm</b>.',
    );
    expect(html).toContain('Test-time adaptation to each pair brings it to 2.79 mm.');
    expect(html).toContain('the 10 real training pairs with strong augmentation reaches 10.61 mm');
    expect(html).toContain('would leave 9.10 mm');
  });

  it('says so when the network makes it worse', () => {
    const worse = { ...tre, network: { mean: 20, cases: { a: 20 } } };
    const page = renderReport({ ...data, summary: { ...summary, registration: { tre: worse } } });
    expect(page).toContain('worsens the mean landmark error on 1 held-out pair from 14.29 mm to <b>20.00 mm</b>');
  });

  it('has the least error of a row in bold, cases in the order of their numbers', () => {
    expect(html).toContain(
      '<tr><th scope="row">case_002</th><td>15.00</td><td>11.00</td><td>8.00</td><td><b>2.90</b></td></tr>' +
        '<tr><th scope="row">case_010</th>',
    );
    expect(html).toContain('<th scope="row">Landmark-weighted mean</th><td>14.29</td>');
  });

  it('tells what was skipped and what was resumed', () => {
    expect(html).toContain('done before, in 12.0 s');
    expect(html).toContain('resumed at step 1\u202f200');
    expect(html).toContain('2 min 05 s');
    expect(html).toContain('1.0 GiB');
  });

  it('draws one chart for each panel', () => {
    expect(html).toContain('<figcaption>VQ-AE</figcaption>');
    expect(html).toContain('<figcaption>VQ-AE: overlap</figcaption>');
  });

  it('leaves out what is missing', () => {
    const bare = renderReport({
      ...data,
      stages: [],
      realPairs: [],
      syntheticPairs: [],
      registrations: [],
      curves: [],
      summary: { ...summary, registration: {}, timings: {} },
    });
    expect(unbalanced(bare)).toEqual([]);
    expect(bare).toContain('No registration was evaluated');
    for (const id of ['registrations', 'errors', 'pairs']) expect(bare).not.toContain(`id="${id}"`);
    expect(bare).not.toMatch(/<img|<svg|NaN|undefined|Infinity/);
  });

  it('speaks of Dice when there are no landmarks', () => {
    const page = renderReport({ ...data, summary: { ...summary, registration: { dice: summary.registration.dice } } });
    expect(page).toContain('raises the mean Dice on 1 held-out pair from 0.200 to <b>0.500</b>');
  });

  it('is the same text for the same data', () => {
    expect(renderReport(data)).toBe(html);
  });
});

describe('landmarkWeightedMean', () => {
  it('weighs a case by its landmarks', () => {
    const table = landmarkWeightedMean([
      { id: 'a', errors: Float32Array.of(1, 2, 3) },
      { id: 'b', errors: Float32Array.of(10) },
      { id: 'none', errors: new Float32Array(0) },
    ]);
    expect(table).toEqual({ mean: 4, cases: { a: 2, b: 10 } });
    expect(landmarkWeightedMean([])).toEqual({ mean: 0, cases: {} });
  });
});
