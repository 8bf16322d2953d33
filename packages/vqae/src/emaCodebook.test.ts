import { Random, decodeSafetensors, encodeSafetensors } from '@paired3d/nn';
import { describe, expect, it } from 'vitest';
import { VqaeError } from './config';
import { EmaCodebook } from './emaCodebook';

const CODES = 3;
const DIM = 2;
const config = { kind: 'ema', decay: 0.9, restartBelow: 0 } as const;
const latents = (n: number, seed: number) => new Random(seed).normals(n * DIM);
const started = (changes = {}, values = latents(CODES, 1)) => {
  const codebook = new EmaCodebook({ ...config, ...changes }, CODES, DIM);
  return { codebook, codes: codebook.initialise(values, new Random(1)) };
};

describe('EMA codebook', () => {
  it('starts at latents, each a little off, and at copies of them when there are too few', () => {
    const values = Float32Array.of(1, 2, -3, 4);
    const { codebook, codes } = started({}, values);
    expect(codebook.initialised).toBe(true);
    for (let code = 0; code < CODES; code++) {
      const distances = [0, 1].map((n) =>
        Math.hypot(codes[2 * code] - values[2 * n], codes[2 * code + 1] - values[2 * n + 1]),
      );
      expect(Math.min(...distances)).toBeLessThan(0.2);
      expect(Math.min(...distances)).toBeGreaterThan(0);
    }
  });

  it('follows the moving averages of counts and sums', () => {
    const { codebook, codes } = started();
    const counts = [1, 1, 1];
    const sums = Array.from(codes);
    let result = codes;
    for (let step = 0; step < 4; step++) {
      const z = latents(5, 10 + step);
      const assigned = Int32Array.of(0, 1, 1, 0, 1);
      result = codebook.update(z, assigned, new Random(step));
      // Razavi et al., eq. A.1
      for (let code = 0; code < CODES; code++) {
        const mine = [0, 1, 2, 3, 4].filter((j) => assigned[j] === code);
        counts[code] = 0.9 * counts[code] + 0.1 * mine.length;
        for (let c = 0; c < DIM; c++) {
          const sum = mine.reduce((total, j) => total + z[j * DIM + c], 0);
          sums[code * DIM + c] = 0.9 * sums[code * DIM + c] + 0.1 * sum;
        }
      }
    }
    sums.forEach((sum, i) => expect(result[i]).toBeCloseTo(sum / counts[Math.floor(i / DIM)], 5));
    // Code 2 has not been used: counts and sums decay alike, it stays where it was.
    expect(result[2 * DIM]).toBeCloseTo(codes[2 * DIM], 5);
  });

  it('moves dead codes to latents that are badly coded', () => {
    // Codes 0 and 1 lie on their latents, latent 3 is far from its code: code 2 is used by none.
    const values = Float32Array.of(0, 0, 10, 0, 0, 10);
    const codebook = new EmaCodebook({ ...config, restartBelow: 0.95 }, CODES, DIM);
    codebook.load(
      new Map([
        ['ema.counts', { dtype: 'F32', shape: [CODES], data: Float32Array.of(1, 1, 1) }],
        ['ema.sums', { dtype: 'F32', shape: [CODES, DIM], data: values }],
      ]),
    );
    const z = Float32Array.of(0, 0, 10, 0, 4, 3);
    const codes = codebook.update(z, Int32Array.of(0, 1, 0), new Random(1));
    expect(Array.from(codes.subarray(4))).toEqual([4, 3]);
    expect(codes[2]).toBeCloseTo(10, 5);
  });

  it('draws the place of a restart in proportion to the squared error', () => {
    const hits = [0, 0];
    for (let trial = 0; trial < 2000; trial++) {
      const codebook = new EmaCodebook({ ...config, restartBelow: 0.95 }, 2, 1);
      codebook.load(
        new Map([
          ['ema.counts', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 1) }],
          ['ema.sums', { dtype: 'F32', shape: [2, 1], data: Float32Array.of(0, 50) }],
        ]),
      );
      // Squared errors 1 and 3, both of code 0.
      const codes = codebook.update(Float32Array.of(1, -Math.sqrt(3)), Int32Array.of(0, 0), Random.of(trial));
      hits[codes[1] > 0 ? 0 : 1]++;
    }
    expect(hits[1] / 2000).toBeGreaterThan(0.7);
    expect(hits[1] / 2000).toBeLessThan(0.8);
  });

  it('goes on bit for bit from its state, through a file', () => {
    const { codebook } = started({ restartBelow: 0.8 });
    const step = (of: EmaCodebook, i: number) => of.update(latents(5, i), Int32Array.of(0, 1, 1, 0, 1), new Random(i));
    step(codebook, 1);
    const copy = new EmaCodebook({ ...config, restartBelow: 0.8 }, CODES, DIM);
    copy.load(decodeSafetensors(encodeSafetensors(codebook.state())).tensors);
    expect(copy.initialised).toBe(true);
    for (let i = 2; i < 6; i++) expect(step(copy, i)).toEqual(step(codebook, i));
  });

  it('goes back to the beginning with the state of one that has not started', () => {
    const { codebook, codes } = started();
    codebook.update(Float32Array.of(NaN, NaN), Int32Array.of(0), new Random(1));
    codebook.load(new EmaCodebook(config, CODES, DIM).state());
    expect(codebook.initialised).toBe(false);
    expect(codebook.initialise(latents(CODES, 1), new Random(1))).toEqual(codes);
  });

  it('refuses the state of another codebook', () => {
    const { codebook } = started();
    const other = new EmaCodebook(config, CODES + 1, DIM);
    other.initialise(latents(CODES, 1), new Random(1));
    expect(() => codebook.load(other.state())).toThrow(VqaeError);
    const half = new Map([...codebook.state()].slice(0, 1));
    expect(() => codebook.load(half)).toThrow(VqaeError);
  });
});
