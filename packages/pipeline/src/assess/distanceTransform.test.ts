import { Random } from '@paired3d/nn';
import { expect, it } from 'vitest';
import type { Size3 } from '../data/types';
import { distanceToBackground } from './distanceTransform';

it('is the least distance to a background voxel, for any mask and spacing', () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = Random.of(seed, 'distance');
    const size = [1 + random.integer(6), 1 + random.integer(7), 1 + random.integer(8)] as unknown as Size3;
    const spacing: Size3 = [0.5 + random.uniform(), 1 + random.uniform(), 2 * random.uniform() + 0.1];
    const [I, J, K] = size;
    const mask = Uint8Array.from({ length: I * J * K }, () => (random.uniform() < 0.9 ? 1 : 0));
    const place = (v: number) => [Math.floor(v / (J * K)), Math.floor(v / K) % J, v % K];
    const distances = distanceToBackground(mask, size, spacing);
    mask.forEach((_, v) => {
      const here = place(v);
      let least = Infinity;
      mask.forEach((on, w) => {
        if (!on) least = Math.min(least, Math.hypot(...place(w).map((x, axis) => (x - here[axis]) * spacing[axis])));
      });
      if (least === Infinity) expect(distances[v]).toBe(Infinity);
      else expect(distances[v]).toBeCloseTo(least, 9);
    });
  }
});
