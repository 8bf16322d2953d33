/**
 * Seeded random numbers, keyed rather than carried along: `Random.of(seed, 'vqae', step)` gives the same numbers
 * whoever asks and in whatever order, so that a resumed run or another worker needs no saved random state.
 *
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand); keys are hashed with 128 bits of MurmurHash3's finaliser.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;
  private spare: number | undefined;

  constructor(private readonly seed: number | string) {
    [this.a, this.b, this.c] = hash(String(seed));
    for (let i = 0; i < 12; i++) this.bits();
  }

  /** The generator of a list of keys; different lists give independent generators. */
  static of(...keys: readonly (number | string)[]): Random {
    return new Random(
      keys.map((key) => `${typeof key === 'number' ? 'n' : 's'}${String(key).length}:${key}`).join('|'),
    );
  }

  /** An independent generator for the given keys; does not advance this one. */
  fork(...keys: readonly (number | string)[]): Random {
    return Random.of(String(this.seed), ...keys);
  }

  /** 32 random bits as an unsigned integer. */
  bits(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** Uniform in [0, 1), with 53 bits. */
  uniform(): number {
    return ((this.bits() >>> 5) * 67108864 + (this.bits() >>> 6)) / 9007199254740992;
  }

  /** Standard normal (Box and Muller, 1958). */
  normal(): number {
    if (this.spare !== undefined) {
      const value = this.spare;
      this.spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Uniform integer in [0, n). */
  integer(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** `values` in a random order (Fisher and Yates), as a new array. */
  shuffle<T>(values: readonly T[]): T[] {
    const out = [...values];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  }

  /** n numbers uniform in [0, 1). */
  uniforms(n: number): Float32Array {
    const out = new Float32Array(n);
    // Rounding to float32 may give 1, which callers that invert a distribution cannot take.
    for (let i = 0; i < n; i++) out[i] = Math.min(this.uniform(), 1 - 2 ** -24);
    return out;
  }

  /** n standard normal numbers. */
  normals(n: number): Float32Array {
    const out = new Float32Array(n);
    for (let i = 0; i < n; i++) out[i] = this.normal();
    return out;
  }
}

function hash(text: string): [number, number, number] {
  let h1 = 0x9e3779b9;
  let h2 = 0x243f6a88;
  let h3 = 0xb7e15162;
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i);
    h1 = Math.imul(h1 ^ k, 0x85ebca6b) ^ (h2 >>> 15);
    h2 = Math.imul(h2 ^ k, 0xc2b2ae35) ^ (h3 >>> 13);
    h3 = Math.imul(h3 ^ k, 0x27d4eb2f) ^ (h1 >>> 16);
  }
  const mix = (h: number) => {
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) | 0;
  };
  return [mix(h1), mix(h2), mix(h3)];
}
