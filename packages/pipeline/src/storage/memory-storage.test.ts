import { describe, expect, it } from 'vitest';
import { MemoryStorage } from './memory-storage';

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('MemoryStorage', () => {
  it('reads what was written, and undefined where nothing is', async () => {
    const storage = new MemoryStorage();
    await storage.write('a/b', bytes(1, 2));
    expect(await storage.read('a/b')).toEqual(bytes(1, 2));
    expect(await storage.read('a')).toBeUndefined();
    await storage.remove('a/b');
    await storage.remove('a/b');
    expect(await storage.read('a/b')).toBeUndefined();
  });

  it('keeps and gives copies', async () => {
    const storage = new MemoryStorage();
    const mine = bytes(1);
    await storage.write('a', mine);
    mine[0] = 9;
    (await storage.read('a'))![0] = 8;
    expect(await storage.read('a')).toEqual(bytes(1));
  });

  it('lists by prefix, sorted, and shares its files with the views of its folders', async () => {
    const storage = new MemoryStorage();
    const inner = storage.within('x').within('y');
    await inner.write('b', bytes(1));
    await storage.write('x/a', bytes(2));
    await storage.write('xa', bytes(3));
    expect(await storage.list('')).toEqual(['x/a', 'x/y/b', 'xa']);
    expect(await storage.list('x/')).toEqual(['x/a', 'x/y/b']);
    expect(await inner.list('')).toEqual(['b']);
    expect(await storage.read('x/y/b')).toEqual(bytes(1));
  });
});
