import { host, volumeOf, type Host } from '../reference/host';

/** Reproducible randomness for test cases (mulberry32). */
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

  pick<T>(values: readonly T[]): T {
    return values[this.integer(0, values.length - 1)];
  }

  three(low: number, high: number): [number, number, number] {
    return [this.integer(low, high), this.integer(low, high), this.integer(low, high)];
  }

  /** Values in [-scale, scale], as float32 holds them. */
  tensor(shape: readonly number[], scale = 1): Host {
    const values = Float32Array.from({ length: volumeOf(shape) }, () => scale * (2 * this.uniform() - 1));
    return host(shape, values);
  }

  /** int32 values in [0, limit). */
  indices(shape: readonly number[], limit: number): Host {
    return host(
      shape,
      Array.from({ length: volumeOf(shape) }, () => this.integer(0, limit - 1)),
      'int32',
    );
  }
}

/** Some number of random cases that each depend on their own seed alone. */
export function randomCases<T>(count: number, make: (random: CaseRandom) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(new CaseRandom(1000 * count + i)));
}
