import { expect, test } from 'vitest';
import { PipelineError } from '../errors';
import { DataError } from './errors';
import { formatLandmarks, initialError, meanDisplacementError, parseLandmarks } from './landmarks';
import type { PreparedPair } from './types';

const header = 'fixed_i,fixed_j,fixed_k,moving_i,moving_j,moving_k';

test('reads columns in any order, blank lines, Windows line ends and a byte order mark', () => {
  const text = '\uFEFFmoving_i,moving_j,moving_k,fixed_i,fixed_j,fixed_k\r\n4,5,6,1,2,3.5\r\n\r\n';
  const table = parseLandmarks(text, 'a.csv');
  expect(table).toEqual({ fixed: Float64Array.of(1, 2, 3.5), moving: Float64Array.of(4, 5, 6), count: 1 });
  expect(parseLandmarks(formatLandmarks(table), 'b.csv')).toEqual(table);
});

test.each([
  ['fixed_i,fixed_j\n1,2\n', 'a.csv:1: expected the columns'],
  ['', 'a.csv:1: expected the columns'],
  [`${header}\n1,2,3,4,5,6\n1,2,3,4,5\n`, 'a.csv:3: expected 6 fields, got 5'],
  [`${header}\n1,2,x,4,5,6\n`, 'a.csv:2: expected a number in column fixed_k, got "x"'],
  [`${header}\n1,2,3,4,,6\n`, 'a.csv:2: expected a number in column moving_j, got ""'],
  [`${header}\n`, 'expected at least one point, got none'],
])('names file, line, expected and got: %j', (text, message) => {
  expect(() => parseLandmarks(text, 'a.csv')).toThrow(message);
  expect(() => parseLandmarks(text, 'a.csv')).toThrow(DataError);
});

function pair(displacement: number[][], fixed = displacement.map(() => [0, 0, 0])): PreparedPair {
  const landmarks = {
    fixed: Float32Array.from(fixed.flat()),
    moving: Float32Array.from(displacement.flatMap((d, p) => d.map((value, c) => value + fixed[p][c]))),
    count: displacement.length,
  };
  const empty = new Float32Array(8);
  // Half extents in x, y, z order: 30, 20, 10 mm.
  return {
    id: 'a',
    fixed: empty,
    moving: empty,
    size: [2, 2, 2],
    extent: [20, 40, 60],
    landmarks: { exact: landmarks },
  };
}

test('initial error is in mm: x belongs to the last axis', () => {
  expect(initialError(pair([[0.1, 0, 0]]).landmarks!.exact!, [20, 40, 60])).toBeCloseTo(3, 5);
  expect(initialError(pair([[0, 0, 0.1]]).landmarks!.exact!, [20, 40, 60])).toBeCloseTo(1, 5);
});

test('a constant mean displacement explains a constant motion, and nothing of an opposite one', () => {
  const same = [pair([[0.1, 0.1, 0]]), pair([[0.1, 0.1, 0]])];
  expect(meanDisplacementError(same, [pair([[0.1, 0.1, 0]])])).toBeCloseTo(0, 5);
  const opposite = [pair([[0.1, 0, 0]]), pair([[-0.1, 0, 0]])];
  expect(meanDisplacementError(opposite, [pair([[0.1, 0, 0]])])).toBeCloseTo(3, 5);
});

test('without landmarks there is no such figure', () => {
  const bare = { ...pair([[0, 0, 0]]), landmarks: undefined };
  expect(() => meanDisplacementError([bare], [pair([[0, 0, 0]])])).toThrow(PipelineError);
  expect(() => meanDisplacementError([pair([[0, 0, 0]])], [bare])).toThrow('test pairs with landmarks');
});
