import { Random } from '@paired3d/nn';
import { expect, test } from 'vitest';
import { augmentPresets, drawAugmentation, noAugmentation } from './augment';
import type { Size3 } from './types';

const size: Size3 = [6, 5, 8];

test('`none` gives voxel centres, x = k, y = j, z = i', () => {
  const { fixed, moving, swap } = drawAugmentation(Random.of(1), size, augmentPresets.none);
  expect(swap).toBe(false);
  const v = 3 * ((2 * 5 + 1) * 8 + 6);
  [13 / 8 - 1, 3 / 5 - 1, 5 / 6 - 1].forEach((value, c) => expect(fixed[v + c]).toBeCloseTo(value, 6));
  expect(moving).toEqual(fixed);
});

test('the same key gives the same draw', () => {
  const draw = (seed: number) => drawAugmentation(Random.of(seed, 'augment'), size, augmentPresets.full);
  expect(draw(3)).toEqual(draw(3));
  expect(draw(3).fixed).not.toEqual(draw(4).fixed);
});

test('the moving scan has a field of its own, of the size the config says', () => {
  let squares = 0;
  let n = 0;
  for (let seed = 0; seed < 40; seed++) {
    const { fixed, moving } = drawAugmentation(Random.of(seed), [16, 16, 16], augmentPresets.big);
    for (let v = 0; v < fixed.length; v += 7) {
      squares += (moving[v] - fixed[v]) ** 2;
      n++;
    }
  }
  const rms = Math.sqrt(squares / n);
  // Between its knots a cubic through independent knots is smaller than at them.
  expect(rms).toBeGreaterThan(0.6 * augmentPresets.big.moving.sd);
  expect(rms).toBeLessThan(augmentPresets.big.moving.sd);
});

test('flip mirrors along i, and about half of the draws are flipped and swapped', () => {
  const config = { ...augmentPresets.none, flip: true, swap: true };
  let flips = 0;
  let swaps = 0;
  for (let seed = 0; seed < 200; seed++) {
    const { fixed, swap } = drawAugmentation(Random.of(seed), [4, 2, 2], config);
    expect(Math.abs(fixed[2])).toBeCloseTo(0.75, 6);
    expect(fixed[0]).toBeCloseTo(-0.5, 6);
    if (fixed[2] > 0) flips++;
    if (swap) swaps++;
  }
  for (const count of [flips, swaps]) {
    expect(count).toBeGreaterThan(70);
    expect(count).toBeLessThan(130);
  }
});

test('`plain` leaves a share of the draws as they are, but for mirrors and exchanges', () => {
  const size: Size3 = [4, 2, 2];
  const centres = noAugmentation(size).fixed.map(Math.abs);
  let plain = 0;
  for (let seed = 0; seed < 200; seed++) {
    const drawn = drawAugmentation(Random.of(seed), size, { ...augmentPresets.full, plain: 0.5 });
    const whole = drawAugmentation(Random.of(seed), size, augmentPresets.full);
    expect(drawn.swap).toBe(whole.swap);
    if (drawn.fixed.every((value, at) => Math.abs(value) === centres[at])) {
      plain++;
      expect(drawn.moving).toEqual(drawn.fixed);
    } else {
      expect(drawn).toEqual(whole);
    }
  }
  expect(plain).toBeGreaterThan(70);
  expect(plain).toBeLessThan(130);
});

test('`amplitude` scales motion alone, as often up as down', () => {
  const size: Size3 = [2, 2, 2];
  const logs: number[] = [];
  for (let seed = 0; seed < 200; seed++) {
    const { amplitude, ...drawn } = drawAugmentation(Random.of(seed), size, { ...augmentPresets.full, amplitude: 0.3 });
    const { amplitude: one, ...whole } = drawAugmentation(Random.of(seed), size, augmentPresets.full);
    expect(one).toBe(1);
    expect(drawn).toEqual(whole);
    logs.push(Math.log(amplitude));
  }
  expect(Math.abs(logs.reduce((a, b) => a + b) / 200)).toBeLessThan(0.06);
  expect(Math.sqrt(logs.reduce((a, b) => a + b * b, 0) / 200)).toBeCloseTo(0.3, 1);
});

test('in 2D everything stays in the plane, and flips go along j', () => {
  const signs = new Set<number>();
  for (let seed = 0; seed < 20; seed++) {
    const { fixed, moving } = drawAugmentation(Random.of(seed), [1, 16, 16], augmentPresets.full);
    for (let v = 2; v < fixed.length; v += 3) expect(Math.abs(fixed[v]) + Math.abs(moving[v])).toBe(0);
    signs.add(Math.sign(fixed[3 * 16 * 15 + 1] - fixed[1]));
  }
  expect([...signs].sort()).toEqual([-1, 1]);
});
