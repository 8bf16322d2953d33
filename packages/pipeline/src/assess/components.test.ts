import { expect, it } from 'vitest';
import { componentSizes } from './components';
import { shape } from './testing';

it('counts what touches at a corner as one, largest first', () => {
  const mask = shape(
    [4, 4, 6],
    (i, j, k) => (i === j && j === k) || (i === 0 && j === 3 && k > 3) || (i === 3 && k === 5),
  );
  expect(componentSizes(mask, [4, 4, 6])).toEqual([4, 4, 2]);
  expect(componentSizes(new Uint8Array(8), [2, 2, 2])).toEqual([]);
  expect(componentSizes(new Uint8Array(8).fill(1), [2, 2, 2])).toEqual([8]);
});

it('leaves the mask alone, and does not go round the borders of rows', () => {
  const mask = Uint8Array.of(0, 0, 1, 1, 0, 0);
  expect(componentSizes(mask, [1, 2, 3])).toEqual([1, 1]);
  expect([...mask]).toEqual([0, 0, 1, 1, 0, 0]);
});
