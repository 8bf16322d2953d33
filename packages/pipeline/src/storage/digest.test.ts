import { describe, expect, it } from 'vitest';
import { seal, sha256Hex, unseal } from './digest';

describe('sha256Hex', () => {
  it('gives the published test vector for "abc"', async () => {
    expect(await sha256Hex(new TextEncoder().encode('abc'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('hashes a view, not the buffer behind it', async () => {
    const buffer = new TextEncoder().encode('xabcx');
    expect(await sha256Hex(buffer.subarray(1, 4))).toBe(await sha256Hex(new TextEncoder().encode('abc')));
  });
});

describe('seal', () => {
  it('gives back what was sealed, also when that is nothing', async () => {
    for (const n of [0, 1, 100]) {
      const bytes = Uint8Array.from({ length: n }, (_, i) => i);
      expect(await unseal(await seal(bytes))).toEqual(bytes);
    }
  });

  it('does not open what is too short to be sealed', async () => {
    expect(await unseal(new Uint8Array(31))).toBeUndefined();
  });
});
