import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { makeFile } from '../test/makeFile';
import { NiftiError, readNifti } from './index';
import { gunzip, gunzipHead, gzip, nodeZlib } from './gzip';

const text = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i) % 251);
const zipped = new Uint8Array(gzipSync(text));
const joined = (...parts: Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));

// Browsers have no zlib: `undefined` takes the path through fflate.
describe.each([
  ['zlib', nodeZlib()],
  ['fflate', undefined],
])('%s', (name, zlib) => {
  const inflate = (bytes: Uint8Array, limit = 1e6) =>
    name === 'zlib' ? gunzip(bytes, limit, 'scan', zlib) : gunzipWithoutNode(bytes, limit);
  const fieldOf = (bytes: Uint8Array, limit?: number) =>
    inflate(bytes, limit).then(
      () => 'none',
      (error: unknown) => (error instanceof NiftiError ? error.field : String(error)),
    );

  test('inflates one member and several', async () => {
    expect(Buffer.compare(await inflate(zipped), text)).toBe(0);
    const three = joined(zipped, gzipSync(new Uint8Array(0)), zipped);
    expect(Buffer.compare(await inflate(three), joined(text, text))).toBe(0);
  });

  test('inflates exactly the limit, and stops above it', async () => {
    expect((await inflate(zipped, text.length)).length).toBe(text.length);
    expect(await fieldOf(zipped, text.length - 1)).toBe('length');
  });

  test('notices truncation anywhere', async () => {
    for (const length of [3, 10, 15, zipped.length >> 1, zipped.length - 8, zipped.length - 1]) {
      expect(await fieldOf(zipped.slice(0, length))).toBe('gzip');
    }
    expect(await fieldOf(joined(zipped, zipped.slice(0, -4)))).toBe('gzip');
  });

  test('notices a wrong checksum and a wrong length, in the first member too', async () => {
    for (const fromEnd of [8, 3]) {
      const broken = zipped.slice();
      broken[broken.length - fromEnd] ^= 1;
      expect(await fieldOf(broken)).toBe('gzip');
      expect(await fieldOf(joined(broken, zipped))).toBe('gzip');
    }
  });

  test('stops at the limit of a bomb', async () => {
    const bomb = new Uint8Array(gzipSync(new Uint8Array(2 ** 26)));
    const before = process.memoryUsage().rss;
    expect(await fieldOf(bomb, 1000)).toBe('length');
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 26);
  });

  test('compresses what it can inflate', async () => {
    const bytes = name === 'zlib' ? gzip(text, zlib) : withoutNode(() => gzip(text));
    expect(Buffer.compare(await inflate(bytes), text)).toBe(0);
    expect([...bytes.slice(4, 8)]).toEqual([0, 0, 0, 0]);
  });
});

test('a bomb behind a modest header is not inflated', async () => {
  const bomb = new Uint8Array(gzipSync(joined(makeFile(), new Uint8Array(2 ** 20))));
  await expect(readNifti(bomb)).rejects.toMatchObject({ name: 'NiftiError', field: 'length' });
});

test('the head of a file is enough for its header', () => {
  expect(gunzipHead(zipped, 544, 'scan').slice(0, 544)).toEqual(text.slice(0, 544));
  expect(gunzipHead(new Uint8Array(gzipSync(text.slice(0, 10))), 544, 'scan')).toEqual(text.slice(0, 10));
});

function gunzipWithoutNode(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  return withoutNode(() => gunzip(bytes, limit, 'scan'));
}

/** Runs with `process.getBuiltinModule` absent, as in a browser. */
function withoutNode<T>(work: () => T): T {
  const host = process as { getBuiltinModule?: unknown };
  const original = host.getBuiltinModule;
  host.getBuiltinModule = undefined;
  try {
    return work();
  } finally {
    host.getBuiltinModule = original;
  }
}
