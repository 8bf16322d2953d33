import { Random } from '@paired3d/nn';
import { describe, expect, it } from 'vitest';
import type { Size3 } from '../data/types';
import { measureCentreline } from './centreline';
import { componentSizes } from './components';
import { countOf, shape, strokes } from './testing';
import { skeleton } from './thinning';

const SIZE: Size3 = [21, 21, 21];
const ONE: Size3 = [1, 1, 1];
/** Branch points and rounded length of the skeleton. */
const measured = (mask: Uint8Array, size = SIZE) => measureCentreline(skeleton(mask, size), size, ONE);

/**
 * Euler characteristic of a mask as a union of closed cubes: corners - edges + faces - voxels, which is components -
 * tunnels + cavities (Kong and Rosenfeld, 1989), counted cell by cell.
 */
function eulerCharacteristic(mask: Uint8Array, [, J, K]: Size3): number {
  const cells = new Set<string>();
  mask.forEach((on, v) => {
    if (!on) return;
    const voxel = [Math.floor(v / (J * K)), Math.floor(v / K) % J, v % K].map((x) => 2 * x + 1);
    for (let n = 0; n < 27; n++) {
      cells.add(voxel.map((x, axis) => x + (Math.floor(n / 3 ** axis) % 3) - 1).join());
    }
  });
  let sum = 0;
  // Odd coordinates are those along which a cell extends: none = corner, three = voxel.
  for (const cell of cells) sum += cell.split(',').filter((x) => Number(x) % 2 === 1).length % 2 === 0 ? 1 : -1;
  return sum;
}

/** 6-connected components of what is not the mask, the surroundings included. */
function backgroundComponents(mask: Uint8Array, [I, J, K]: Size3): number {
  const size = [I + 2, J + 2, K + 2];
  const free = new Uint8Array(size[0] * size[1] * size[2]).fill(1);
  const place = (i: number, j: number, k: number) => (i * size[1] + j) * size[2] + k;
  mask.forEach((on, v) => {
    if (on) free[place(Math.floor(v / (J * K)) + 1, (Math.floor(v / K) % J) + 1, (v % K) + 1)] = 0;
  });
  let count = 0;
  for (let start = 0; start < free.length; start++) {
    if (!free[start]) continue;
    count++;
    const queue = [start];
    free[start] = 0;
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      const [i, j, k] = [Math.floor(at / (size[1] * size[2])), Math.floor(at / size[2]) % size[1], at % size[2]];
      for (const [di, dj, dk] of [
        [1, 0, 0],
        [-1, 0, 0],
        [0, 1, 0],
        [0, -1, 0],
        [0, 0, 1],
        [0, 0, -1],
      ]) {
        const [a, b, c] = [i + di, j + dj, k + dk];
        if (a < 0 || b < 0 || c < 0 || a >= size[0] || b >= size[1] || c >= size[2]) continue;
        const next = place(a, b, c);
        if (!free[next]) continue;
        free[next] = 0;
        queue.push(next);
      }
    }
  }
  return count;
}

describe('skeleton', () => {
  it('of a line is the line', () => {
    const line = strokes(SIZE, [
      [
        [3, 10, 10],
        [17, 10, 10],
      ],
    ]);
    expect(skeleton(line, SIZE)).toEqual(line);
  });

  it.each<[string, Size3, Size3]>([
    ['along an axis', [4, 10, 10], [16, 10, 10]],
    ['along a diagonal', [4, 4, 4], [16, 16, 16]],
    ['on a slant', [4, 6, 9], [16, 12, 11]],
  ])('of a tube %s runs along its middle', (_where, from, to) => {
    const middle = strokes(SIZE, [[from, to]]);
    const thin = skeleton(strokes(SIZE, [[from, to]], 2.5), SIZE);
    const { length, branchPoints } = measureCentreline(thin, SIZE, ONE);
    expect(branchPoints).toBe(0);
    expect(componentSizes(thin, SIZE)).toHaveLength(1);
    const straight = Math.hypot(...from.map((x, axis) => to[axis] - x));
    // Its ends wear off by up to the radius, or reach the rounded caps.
    expect(length).toBeGreaterThan(straight - 6);
    expect(length).toBeLessThan(1.15 * straight + 5);
    const near = strokes(SIZE, [[from, to]], 1.5);
    expect(countOf(thin.map((on, v) => on & near[v]))).toBeGreaterThan(0.8 * countOf(thin));
    expect(countOf(thin)).toBeLessThan(countOf(middle) + 5);
  });

  it('of a thick Y has one branch point and three ends', () => {
    const arms: [Size3, Size3][] = [
      [
        [10, 10, 2],
        [10, 10, 10],
      ],
      [
        [10, 10, 10],
        [3, 10, 18],
      ],
      [
        [10, 10, 10],
        [17, 10, 18],
      ],
    ];
    for (const radius of [0, 1, 2]) {
      const { branchPoints, length } = measured(strokes(SIZE, arms, radius));
      expect(branchPoints).toBe(1);
      expect(length).toBeGreaterThan(22);
      expect(length).toBeLessThan(34);
    }
  });

  it('of a ring keeps its hole: a closed line without branch points', () => {
    const ring = shape(SIZE, (i, j, k) => Math.hypot(Math.hypot(i - 10, j - 10) - 6, k - 10) <= 2.2);
    const thin = skeleton(ring, SIZE);
    const { length, branchPoints } = measureCentreline(thin, SIZE, ONE);
    expect(branchPoints).toBe(0);
    expect(eulerCharacteristic(thin, SIZE)).toBe(0);
    expect(Math.abs(length - 2 * Math.PI * 6)).toBeLessThan(5);
  });

  it('of a ball is its middle', () => {
    const ball = shape(SIZE, (i, j, k) => Math.hypot(i - 10, j - 10, k - 10) <= 6.3);
    const thin = skeleton(ball, SIZE);
    const middle = shape(SIZE, (i, j, k) => Math.hypot(i - 10, j - 10, k - 10) <= 1.5);
    expect(countOf(thin)).toBeLessThanOrEqual(2);
    expect(countOf(thin.map((on, v) => on & middle[v]))).toBe(countOf(thin));
  });

  it('of a hollow ball keeps the cavity', () => {
    const shell = shape(SIZE, (i, j, k) => Math.abs(Math.hypot(i - 10, j - 10, k - 10) - 6) <= 1.6);
    expect(backgroundComponents(skeleton(shell, SIZE), SIZE)).toBe(2);
  });

  it('treats what touches the border like the rest', () => {
    const size: Size3 = [9, 7, 7];
    const through = strokes(
      size,
      [
        [
          [0, 3, 3],
          [8, 3, 3],
        ],
      ],
      2,
    );
    expect(measured(through, size).branchPoints).toBe(0);
    expect(componentSizes(skeleton(through, size), size)).toHaveLength(1);
    // Shifted within a larger volume, the same comes out.
    const large: Size3 = [13, 11, 11];
    const inside = (mask: Uint8Array) =>
      shape(large, (i, j, k) => {
        const [a, b, c] = [i - 2, j - 2, k - 2];
        const within = a >= 0 && b >= 0 && c >= 0 && a < size[0] && b < size[1] && c < size[2];
        return within && mask[(a * size[1] + b) * size[2] + c] === 1;
      });
    expect(inside(skeleton(through, size))).toEqual(skeleton(inside(through), large));
    const full = skeleton(new Uint8Array(125).fill(1), [5, 5, 5]);
    expect(measureCentreline(full, [5, 5, 5], ONE).branchPoints).toBe(0);
    expect(countOf(full)).toBeLessThan(5);
  });

  it('works on a slice, and on nothing', () => {
    const bar = shape([1, 9, 21], (_, j, k) => Math.abs(j - 4) <= 2 && k >= 2 && k <= 18);
    const thin = skeleton(bar, [1, 9, 21]);
    expect(measureCentreline(thin, [1, 9, 21], ONE).branchPoints).toBe(0);
    expect(countOf(thin)).toBeLessThan(20);
    expect(countOf(skeleton(new Uint8Array(8), [2, 2, 2]))).toBe(0);
  });

  it('keeps components, tunnels and cavities of anything, and is thin: nothing is left to remove', () => {
    const size: Size3 = [8, 9, 10];
    for (let seed = 0; seed < 24; seed++) {
      const random = Random.of(seed, 'blobs');
      const part = 0.15 + 0.03 * seed;
      const noise = shape(size, () => random.uniform() < part);
      const thin = skeleton(noise, size);
      expect(thin.every((on, v) => !on || noise[v] === 1)).toBe(true);
      expect(componentSizes(thin, size)).toHaveLength(componentSizes(noise, size).length);
      expect(backgroundComponents(thin, size)).toBe(backgroundComponents(noise, size));
      expect(eulerCharacteristic(thin, size)).toBe(eulerCharacteristic(noise, size));
      expect(skeleton(thin, size)).toEqual(thin);
    }
  });
});
