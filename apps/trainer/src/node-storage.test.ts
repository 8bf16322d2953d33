import * as fs from 'node:fs/promises';
import path from 'node:path';
import { PipelineError } from '@paired3d/pipeline';
import { describe, expect, it } from 'vitest';
import type { FileCalls } from './atomic-write';
import { NodeStorage } from './node-storage';
import { temporaryFolder } from './testing';

const bytes = (text: string) => new TextEncoder().encode(text);
const DEAD_PID = 2 ** 22 + 1; // above Linux's largest process id

describe('NodeStorage', () => {
  it('reads what was written, replaces and removes it', async () => {
    const storage = await NodeStorage.open(path.join(temporaryFolder(), 'not/yet/there'));
    expect(await storage.read('a/b')).toBeUndefined();
    await storage.write('a/b', bytes('one'));
    await storage.write('a/b', bytes('two'));
    expect(await storage.read('a/b')).toEqual(bytes('two'));
    expect(await storage.read('a')).toBeUndefined();
    await storage.remove('a/b');
    await storage.remove('a/b');
    expect(await storage.read('a/b')).toBeUndefined();
  });

  it('lists by prefix, sorted, without its private files, and shares them with its parts', async () => {
    const folder = temporaryFolder();
    const storage = await NodeStorage.open(folder);
    const inner = storage.within('x').within('y');
    expect(await inner.list('')).toEqual([]);
    await inner.write('b', bytes('1'));
    await storage.write('x/a', bytes('2'));
    await storage.write('xa', bytes('3'));
    await fs.writeFile(path.join(folder, '.paired3d-lock'), '{}');
    expect(await storage.list('')).toEqual(['x/a', 'x/y/b', 'xa']);
    expect(await storage.list('x/')).toEqual(['x/a', 'x/y/b']);
    expect(await storage.list('x/y')).toEqual(['x/y/b']);
    expect(await inner.list('')).toEqual(['b']);
    expect(await storage.read('x/y/b')).toEqual(bytes('1'));
  });

  it('stays within its folder', async () => {
    const storage = await NodeStorage.open(temporaryFolder());
    await expect(storage.write('../a', bytes('1'))).rejects.toThrow(PipelineError);
  });

  it('removes what killed runs left behind, and nothing that is in use', async () => {
    const folder = temporaryFolder();
    await fs.mkdir(path.join(folder, 'vqae'));
    const at = (name: string) => path.join(folder, 'vqae', name);
    const ofDead = at(`.paired3d-${DEAD_PID}-00000000-0.tmp`);
    const ofNamesake = at(`.paired3d-${process.pid}-00000000-0.tmp`);
    const ofParent = at(`.paired3d-${process.ppid}-00000000-0.tmp`);
    const oldOfParent = at(`.paired3d-${process.ppid}-00000000-1.tmp`);
    for (const file of [ofDead, ofNamesake, ofParent, oldOfParent]) await fs.writeFile(file, '');
    const old = new Date(Date.now() - 2 * 3_600_000);
    await fs.utimes(oldOfParent, old, old);
    await NodeStorage.open(folder);
    expect(await fs.readdir(path.join(folder, 'vqae'))).toEqual([path.basename(ofParent)]);
  });

  it('says what is wrong with a folder that cannot be one', async () => {
    const file = path.join(temporaryFolder(), 'file');
    await fs.writeFile(file, '');
    await expect(NodeStorage.open(file)).rejects.toMatchObject({ where: file, exitCode: 42 });
    await expect(NodeStorage.open(path.join(file, 'x'))).rejects.toMatchObject({ exitCode: 42 });
  });

  it('survives the failure of any single file-system call: old content or new, no leftovers, an error that names the file', async () => {
    for (const code of ['ENOSPC', 'EIO', 'EACCES']) {
      for (let n = 0; ; n++) {
        const folder = temporaryFolder();
        const good = await NodeStorage.open(folder);
        await good.write('a/b', bytes('old'));
        const failing = failingCalls(n, code);
        const error = await attempt(folder, failing.calls);
        if (!failing.failed()) {
          expect(error).toBeUndefined();
          expect(n).toBeGreaterThan(8);
          break;
        }
        const content = new TextDecoder().decode(await good.read('a/b'));
        expect(['old', 'new']).toContain(content);
        expect(error, `call ${n}`).toMatchObject({ exitCode: code === 'EACCES' ? 42 : 75 });
        expect((error as PipelineError).where).toContain(folder);
        const left = await fs.readdir(folder, { recursive: true });
        expect(left.filter((name) => name.endsWith('.tmp'))).toEqual([]);
      }
    }
  });
});

/** Overwrites a file in a fresh storage over the given calls. */
async function attempt(folder: string, calls: FileCalls): Promise<unknown> {
  try {
    const storage = await NodeStorage.open(folder, calls);
    await storage.write('a/b', bytes('new'));
    await storage.write('c/d', bytes('in a new folder'));
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The real calls, of which the n-th (counting those on open files) fails with a code. */
function failingCalls(n: number, code: string): { calls: FileCalls; failed: () => boolean } {
  let count = 0;
  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, key) {
        const value = Reflect.get(object, key) as unknown;
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          const fail = count++ === n;
          // A close that reports a failure has still closed the file.
          if (fail && key !== 'close') throw Object.assign(new Error(code), { code });
          const result = (await value.apply(object, args)) as unknown;
          if (fail) throw Object.assign(new Error(code), { code });
          return key === 'open' ? wrap(result as object) : result;
        };
      },
    });
  const failed = () => count > n;
  return { calls: wrap({ ...fs }) as FileCalls, failed };
}
