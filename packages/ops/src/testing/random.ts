import fc from 'fast-check';
import { host, volumeOf, type Host } from '../reference/host';

/** Reproducible values of tensors (mulberry32). */
export class CaseRandom {
  constructor(private state: number) {}

  uniform(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number in [low, high]. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  /** Values in [-scale, scale], as float32 holds them. */
  tensor(shape: readonly number[], scale = 1): Host {
    return this.generate(shape, () => scale * (2 * this.uniform() - 1));
  }

  /** Values in [low, high], as float32 holds them. */
  between(shape: readonly number[], low: number, high: number): Host {
    return this.generate(shape, () => low + (high - low) * this.uniform());
  }

  /** int32 values in [0, limit). */
  indices(shape: readonly number[], limit: number): Host {
    const ids = Array.from({ length: volumeOf(shape) }, () => this.integer(0, limit - 1));
    return host(shape, ids, 'int32');
  }

  /**
   * A grid `[.., 3]` for a volume of `size`, up to two voxels outside it. No point is close to a plane on which an
   * interpolation bends (whole voxels) or jumps (halves), so that differences of it are its gradient.
   */
  grid(shape: readonly number[], size: readonly number[]): Host {
    let axis = 2;
    return this.generate([...shape, 3], () => {
      axis = (axis + 1) % 3;
      const n = size[2 - axis];
      const voxel = this.integer(-2, n) + 0.5 * this.integer(0, 1) + 0.05 + 0.4 * this.uniform();
      return (2 * voxel + 1) / n - 1;
    });
  }

  private generate(shape: readonly number[], value: () => number): Host {
    return host(shape, Float32Array.from({ length: volumeOf(shape) }, value));
  }
}

/** A whole number in [1, most]. */
export const upTo = (most: number): fc.Arbitrary<number> => fc.integer({ min: 1, max: most });

/** Three whole numbers in [low, high]. */
export function three(low: number, high: number): fc.Arbitrary<[number, number, number]> {
  const one = fc.integer({ min: low, max: high });
  return fc.tuple(one, one, one);
}

/** Below, at and above the widths of the vectors, tiles and panels of the kernels. */
export const channels = fc.constantFrom(1, 2, 3, 4, 5, 8, 17, 33);
