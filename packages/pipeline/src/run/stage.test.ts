import { describe, expect, it } from 'vitest';
import { Interrupted } from '../errors';
import { MANIFEST_PATH } from '../storage/manifest';
import { MemoryStorage } from '../storage/memory-storage';
import type { Storage } from '../storage/storage';
import { messages, testContext } from '../testing';
import { readJson, runStage, writeJson, type Stage } from './stage';

const FILES = ['a.txt', 'b.txt'];
const text = (value: string) => new TextEncoder().encode(value);

/** Writes the files that are not there yet, as stages of many outputs do, and remembers which. */
function writing(changes: Partial<Stage> = {}) {
  const written: string[] = [];
  const stage: Stage = {
    name: 'writing',
    inputs: { source: 'hash' },
    config: { value: 1 },
    async run(folder) {
      const present = new Set(await folder.list(''));
      for (const file of FILES) {
        if (present.has(file)) continue;
        await folder.write(file, text(file));
        written.push(file);
      }
      return FILES;
    },
    ...changes,
  };
  return { stage, written };
}

describe('runStage', () => {
  it('runs once, and is skipped when it is complete', async () => {
    const storage = new MemoryStorage();
    const { stage, written } = writing();
    const first = testContext({ storage });
    expect(await runStage(first, stage)).toMatchObject({ name: 'writing', skipped: false });
    expect(first.events.at(-1)).toMatchObject({ type: 'stage-end', stage: 'writing', skipped: false });
    const second = testContext({ storage });
    expect(await runStage(second, stage)).toMatchObject({ name: 'writing', skipped: true });
    expect(second.events).toEqual([expect.objectContaining({ type: 'stage-end', skipped: true })]);
    expect(written).toEqual(FILES);
  });

  it.each([
    ['config.value', { config: { value: 2 } }],
    ['input.source', { inputs: { source: 'other' } }],
  ])('starts again when %s has changed, without what was there', async (what, changes) => {
    const storage = new MemoryStorage();
    await runStage(testContext({ storage }), writing().stage);
    await storage.write('writing/left.txt', text('over'));
    const { stage, written } = writing(changes);
    const context = testContext({ storage });
    await runStage(context, stage);
    expect(written).toEqual(FILES);
    expect(messages(context.events)).toEqual([`writing: ${what} has changed, starting it again`]);
    expect(await storage.read('writing/left.txt')).toBeUndefined();
    // And back: what is complete is for the last configuration alone.
    const back = writing();
    await runStage(testContext({ storage }), back.stage);
    expect(back.written).toEqual(FILES);
  });

  it('starts again when an interrupted run had another configuration', async () => {
    const storage = new MemoryStorage();
    const interrupted = writing({
      config: { value: 2 },
      run: async (folder: Storage) => {
        await folder.write('a.txt', text('of the other'));
        throw new Interrupted('writing');
      },
    });
    await expect(runStage(testContext({ storage }), interrupted.stage)).rejects.toThrow(Interrupted);
    const { stage, written } = writing();
    const context = testContext({ storage });
    await runStage(context, stage);
    expect(written).toEqual(FILES);
    expect(messages(context.events)).toEqual(['writing: its configuration or inputs have changed, starting it again']);
  });

  it('goes on with what an interrupted run of the same configuration left', async () => {
    const storage = new MemoryStorage();
    const interrupted = writing({
      run: async (folder: Storage) => {
        await folder.write('a.txt', text('a.txt'));
        throw new Interrupted('writing');
      },
    });
    await expect(runStage(testContext({ storage }), interrupted.stage)).rejects.toThrow(Interrupted);
    expect(await storage.read(`writing/${MANIFEST_PATH}`)).toBeUndefined();
    const { stage, written } = writing();
    const context = testContext({ storage });
    await runStage(context, stage);
    expect(written).toEqual(['b.txt']);
    expect(messages(context.events)).toEqual([]);
  });

  it.each<[string, (storage: Storage) => Promise<void>, string]>([
    ['damaged', (storage) => storage.write('b.txt', text('x')), 'its output b.txt is damaged'],
    ['missing', (storage) => storage.remove('a.txt'), 'its output a.txt is missing'],
    [
      'declared by a damaged manifest',
      (storage) => storage.write(MANIFEST_PATH, text('{')),
      'its manifest.json is damaged',
    ],
  ])('makes everything again when an output is %s', async (_, damage, reason) => {
    const storage = new MemoryStorage();
    await runStage(testContext({ storage }), writing().stage);
    await damage(storage.within('writing'));
    const { stage, written } = writing();
    const context = testContext({ storage });
    await runStage(context, stage);
    expect(written).toEqual(FILES);
    expect(messages(context.events)).toEqual([`writing: ${reason}, starting it again`]);
    expect((await runStage(testContext({ storage }), stage)).skipped).toBe(true);
  });

  it('does not take over what is left when it was killed while it discarded', async () => {
    const storage = new MemoryStorage();
    await runStage(testContext({ storage }), writing().stage);
    await storage.write('writing/b.txt', text('damaged'));
    // Every removal may be the last.
    for (let allowed = 0; allowed < 6; allowed++) {
      const copy = new MemoryStorage();
      for (const path of await storage.list('')) await copy.write(path, (await storage.read(path))!);
      let removals = 0;
      const dying = new Proxy(copy, {
        get: (target, key) => {
          if (key === 'within') return (folder: string) => mortal(target.within(folder));
          return Reflect.get(target, key).bind(target);
        },
      });
      const mortal = (folder: Storage): Storage => ({
        read: (path) => folder.read(path),
        write: (path, bytes) => folder.write(path, bytes),
        list: (prefix) => folder.list(prefix),
        within: (path) => folder.within(path),
        remove: async (path) => {
          if (removals++ === allowed) throw new Error('killed');
          await folder.remove(path);
        },
      });
      await runStage(testContext({ storage: dying }), writing().stage).catch(() => {});
      await runStage(testContext({ storage: copy }), writing().stage);
      expect(await copy.read('writing/b.txt')).toEqual(text('b.txt'));
    }
  });

  it('adds the time of interrupted runs, and keeps the largest memory', async () => {
    const storage = new MemoryStorage();
    let now = 100;
    const clock = () => now;
    const lasting = (seconds: number, fail: boolean) =>
      writing({
        run: async (folder: Storage) => {
          now += seconds;
          if (fail) throw new Interrupted('writing');
          await folder.write('a.txt', text('a'));
          return ['a.txt'];
        },
      }).stage;
    const first = runStage(testContext({ storage, clock, memory: () => 700 }), lasting(3, true));
    await expect(first).rejects.toThrow(Interrupted);
    const timing = await runStage(testContext({ storage, clock, memory: () => 500 }), lasting(4, false));
    expect(timing).toEqual({ name: 'writing', seconds: 7, skipped: false, peakMemoryBytes: 700 });
    const skipped = await runStage(testContext({ storage, clock }), lasting(9, false));
    expect(skipped).toEqual({ name: 'writing', seconds: 7, skipped: true, peakMemoryBytes: 700 });
  });

  it('does not begin when the signal is raised', async () => {
    const { stage, written } = writing();
    await expect(runStage(testContext({ signal: AbortSignal.abort() }), stage)).rejects.toThrow(Interrupted);
    expect(written).toEqual([]);
  });
});

describe('JSON files', () => {
  it('come back, and are undefined when absent or damaged', async () => {
    const storage = new MemoryStorage();
    await writeJson(storage, 'a.json', { b: [1, 2], a: 'x' });
    expect(await readJson(storage, 'a.json')).toEqual({ a: 'x', b: [1, 2] });
    expect(await readJson(storage, 'none.json')).toBeUndefined();
    await storage.write('a.json', text('{'));
    expect(await readJson(storage, 'a.json')).toBeUndefined();
  });
});
