// Run with `node --test tools/bench`: the parts that need no build and measure nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byName, timeKernels } from './kernelTimer.mjs';
import { filterOf, parseOptions } from './options.mjs';
import { relativeError, worstError } from './compare.mjs';
import { interleave, ratio } from './timing.mjs';
import { page } from './report.mjs';
import { median } from './statistics.mjs';
import { figure, table } from './table.mjs';

test('median', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.ok(Number.isNaN(median([])));
});

test('figures have three significant digits', () => {
  assert.deepEqual([1234.5, 12.345, 1.2345, 0.01234, NaN, undefined].map(figure), [
    '1235',
    '12.3',
    '1.23',
    '0.01',
    '–',
    '–',
  ]);
});

test('a table is aligned Markdown', () => {
  const columns = [
    { title: 'kernel', of: ({ name }) => name, left: true },
    { title: 'ms', of: ({ ms }) => ms },
  ];
  const lines = ['| kernel |  ms |', '| ------ | --: |', '| a      | 1.5 |', '| conv   |  20 |'];
  const rows = [
    { name: 'a', ms: 1.5 },
    { name: 'conv', ms: 20 },
  ];
  assert.equal(table(rows, columns), lines.join('\n'));
});

test('options', () => {
  assert.equal(parseOptions([]).rounds, 5);
  assert.equal(parseOptions(['--quick']).rounds, 2);
  assert.equal(parseOptions(['--quick', '--rounds', '7']).rounds, 7);
  assert.throws(() => parseOptions(['--mixed']), /--mixed: expected --backend webgpu, got wasm/);
  assert.throws(() => parseOptions(['--rounds', 'many']), /--rounds: expected a number from 1, got many/);
  assert.throws(() => parseOptions(['--preset', 'huge']), /--preset: expected one of small, paper, got huge/);
});

test('--only takes lines by their name, shapes or preset', () => {
  const lines = [
    { name: 'conv3d 3x3x3, dW', what: '[1,8,8,8,4] -> 8', sizes: 'small' },
    { name: 'gelu, forward', what: '[3328,1024]', sizes: 'paper' },
  ];
  const taken = (pattern) => lines.filter(filterOf(pattern)).map(({ name }) => name);
  assert.deepEqual(taken(''), ['conv3d 3x3x3, dW', 'gelu, forward']);
  assert.deepEqual(taken('CONV3D.*dw'), ['conv3d 3x3x3, dW']);
  assert.deepEqual(taken('paper|3x3x3'), ['conv3d 3x3x3, dW', 'gelu, forward']);
  assert.throws(() => filterOf('('), /--only: expected a regular expression, got \(/);
});

test('results are compared by their largest value, and NaN is never equal', () => {
  assert.equal(relativeError([1, 2], [1, 4]), 0.5);
  assert.equal(relativeError([1], [1, 4]), Infinity);
  assert.ok(Number.isNaN(relativeError([NaN, 1], [1, 4])));
  assert.equal(worstError([[1], [1, 2]], [[1], [1, 4]]), 0.5);
  assert.equal(worstError([[1]], [[1], [1, 4]]), Infinity);
});

test('contenders take turns, and a slow stock has fewer rounds', async () => {
  const order = [];
  const contender = (name, ms) => (runs) => (order.push(`${name}${runs}`), ms);
  const times = await interleave({ ours: contender('a', 10), stock: contender('b', 600) }, 3);
  assert.deepEqual(order, ['a1', 'b1', 'a2', 'b1', 'a2', 'b1', 'a2']);
  assert.deepEqual([times.ours.ms, times.ours.rounds, times.stock.rounds], [10, 3, 2]);
  assert.equal(ratio(times.ours, times.stock), 60);
  assert.equal(ratio(times.ours, undefined), undefined);
});

test('the page has a table of everything that was measured', () => {
  const row = {
    name: 'gelu',
    what: '[2,3]',
    sizes: 'small',
    work: { bytes: 2e6 },
    stock: 'wrong',
    memory: { ours: 1e6 },
  };
  const kernels = [{ ...row, ms: { ours: 2, torch: 1 }, overTorch: 0.5 }];
  const text = page({ environment: { node: 'v20' }, kernels, steps: [], workers: [] });
  assert.match(text, /^- node: v20$/m);
  assert.match(text, /^\| gelu +\| \[2,3\] +\| small +\| +1.00 GB\/s \| +2.00 \| +wrong \| +1.00 \|.* 0.50x \|$/m);
  assert.doesNotMatch(text, /several cores/);
});

test("a kernel's time is its own, and the registered functions are put back", async () => {
  const spin = (ms) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  };
  const inner = { kernelName: 'Inner', kernelFunc: () => spin(20) };
  const outer = { kernelName: 'Outer', kernelFunc: () => (spin(2), inner.kernelFunc({ inputs: {} })) };
  const before = [inner.kernelFunc, outer.kernelFunc];
  const tf = { getBackend: () => 'wasm', getKernelsForBackend: () => [inner, outer] };
  const x = { shape: [2, 3] };
  const records = await timeKernels(tf, () => [1, 2].forEach(() => outer.kernelFunc({ inputs: { x, y: [x, x] } })));
  assert.deepEqual([inner.kernelFunc, outer.kernelFunc], before);
  const sums = byName(records);
  assert.deepEqual(
    sums.map(({ name, calls }) => [name, calls]),
    [
      ['Inner', 2],
      ['Outer', 2],
    ],
  );
  assert.equal(records.find(({ name }) => name === 'Outer').shapes, '[2,3] [2,3] [2,3]');
});
