import { Random } from '@paired3d/nn';
import { expect, test } from 'vitest';
import { fillLung, isInside, twoLungs } from './lungs';
import { renderTrees } from './render';
import { childCounts, growTree } from './tree';

const [left] = twoLungs([192, 160, 192], false);

test('tips fill the lung and keep their distance', () => {
  const tips = fillLung(left, 15, Random.of(1));
  expect(tips.length).toBeGreaterThan(80);
  expect(tips.every((tip) => isInside(left, tip))).toBe(true);
  for (let a = 0; a < tips.length; a++) {
    for (let b = 0; b < a; b++) {
      expect(Math.hypot(...[0, 1, 2].map((x) => tips[a][x] - tips[b][x]))).toBeGreaterThanOrEqual(15);
    }
  }
});

test('a tree branches, reaches nearly every tip, and obeys the law of Murray', () => {
  const tips = fillLung(left, 15, Random.of(2));
  const tree = growTree(left.hilum, tips, 4, 2, Random.of(3));
  const children = childCounts(tree);
  expect(children.filter((n) => n > 1).length).toBeGreaterThan(30);
  const reached = tips.filter((tip) => {
    for (let n = 0; n < tree.count; n++) {
      if (Math.hypot(...[0, 1, 2].map((a) => tip[a] - tree.points[3 * n + a])) < 5) return true;
    }
    return false;
  });
  expect(reached.length / tips.length).toBeGreaterThan(0.9);
  const sums = new Float64Array(tree.count);
  for (let n = 1; n < tree.count; n++) {
    expect(tree.parents[n]).toBeLessThan(n);
    sums[tree.parents[n]] += tree.radii[n] ** 3;
  }
  for (let n = 0; n < tree.count; n++) expect(tree.radii[n] ** 3).toBeCloseTo(children[n] ? sums[n] : 8, 3);
});

test('a tube of radius 2 voxels is full inside, empty outside and half on its surface', () => {
  const tree = {
    points: Float64Array.of(0, 0, -8, 0, 0, 8),
    parents: Int32Array.of(-1, 0),
    radii: Float64Array.of(4, 4),
    count: 2,
  };
  const out = renderTrees([tree], [tree.points], [9, 9, 9], 2); // centre of voxel 4 at 0 mm
  const at = (i: number) => out[(i * 9 + 4) * 9 + 4];
  expect([0, 1, 2, 3, 4, 5, 6, 7].map(at)).toEqual([0, 0, 0.5, 1, 1, 1, 0.5, 0]);
});
