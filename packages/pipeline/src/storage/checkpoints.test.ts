import type { HostTensor } from '@paired3d/nn';
import { describe, expect, it } from 'vitest';
import { Checkpoints } from './checkpoints';
import { MemoryStorage } from './memory-storage';

function tensors(seed: number): Map<string, HostTensor> {
  return new Map<string, HostTensor>([
    ['w', { dtype: 'F32', shape: [2, 3], data: Float32Array.from({ length: 6 }, (_, i) => Math.sin(seed + i)) }],
    ['ids', { dtype: 'I32', shape: [2], data: Int32Array.of(seed, -1) }],
  ]);
}

/** A storage of three checkpoints (steps 10, 20, 30), and a way to open it that gathers the damage reports. */
async function saved() {
  const storage = new MemoryStorage();
  const damaged: string[] = [];
  const checkpoints = new Checkpoints(storage, { onDamaged: (path, reason) => damaged.push(`${path}: ${reason}`) });
  for (const step of [10, 20, 30]) await checkpoints.save(step, tensors(step), { lossSum: step / 3 });
  return { storage, checkpoints, damaged };
}

describe('Checkpoints', () => {
  it('gives back the newest, exactly', async () => {
    const { checkpoints, damaged } = await saved();
    const latest = (await checkpoints.latest())!;
    expect(latest.step).toBe(30);
    expect(latest.metadata).toEqual({ lossSum: 10 });
    expect([...latest.tensors.keys()].sort()).toEqual(['ids', 'w']);
    expect(latest.tensors.get('w')).toEqual(tensors(30).get('w'));
    expect(latest.tensors.get('ids')).toEqual(tensors(30).get('ids'));
    expect(damaged).toEqual([]);
  });

  it('has none in an empty storage, or after clear, and leaves other files alone', async () => {
    const { storage, checkpoints } = await saved();
    await storage.write('step-list.txt', new Uint8Array(1));
    await checkpoints.clear();
    expect(await checkpoints.latest()).toBeUndefined();
    expect(await storage.list('')).toEqual(['step-list.txt']);
  });

  it('keeps the newest few, three by default', async () => {
    const { storage, checkpoints } = await saved();
    await checkpoints.save(40, tensors(40), {});
    expect(await storage.list('')).toEqual([20, 30, 40].map((s) => `step-000000${s}.checkpoint`));
    await new Checkpoints(storage, { keep: 1 }).save(50, tensors(50), {});
    expect(await storage.list('')).toEqual(['step-00000050.checkpoint']);
  });

  it('drops the checkpoints of later steps when the run was set back behind them', async () => {
    const { storage, checkpoints } = await saved();
    await checkpoints.save(15, tensors(15), {});
    expect(await storage.list('')).toEqual(['step-00000010.checkpoint', 'step-00000015.checkpoint']);
  });

  it('orders steps as numbers', async () => {
    const checkpoints = new Checkpoints(new MemoryStorage());
    await checkpoints.save(99_999_999, tensors(1), {});
    await checkpoints.save(100_000_000, tensors(2), {});
    expect((await checkpoints.latest())!.step).toBe(100_000_000);
  });

  it('notices every flipped bit and falls back on the previous one', async () => {
    const { storage, checkpoints, damaged } = await saved();
    const path = 'step-00000030.checkpoint';
    const whole = (await storage.read(path))!;
    const bits = whole.length * 8;
    for (let n = 0; n < 1000; n++) {
      const bit = (n * 7919) % bits; // a prime stride: spread over the whole file, digest included
      const broken = whole.slice();
      broken[bit >> 3] ^= 1 << (bit & 7);
      await storage.write(path, broken);
      const latest = await checkpoints.latest();
      expect(latest?.step, `bit ${bit}`).toBe(20);
    }
    expect(damaged).toHaveLength(1000);
    expect(damaged[0]).toMatch(/^step-00000030\.checkpoint: its \d+ bytes do not match their SHA-256$/);
  });

  it('notices truncation at every offset, and bytes too many', async () => {
    const { storage, checkpoints } = await saved();
    const path = 'step-00000030.checkpoint';
    const whole = (await storage.read(path))!;
    for (let length = 0; length < whole.length; length++) {
      await storage.write(path, whole.slice(0, length));
      expect((await checkpoints.latest())?.step, `${length} bytes`).toBe(20);
    }
    await storage.write(path, Uint8Array.of(...whole, 0));
    expect((await checkpoints.latest())?.step).toBe(20);
    await storage.write(path, whole);
    expect((await checkpoints.latest())?.step).toBe(30);
  });

  it('says so when all are damaged, and does not take a renamed file for another step', async () => {
    const { storage, checkpoints, damaged } = await saved();
    await storage.write('step-00000040.checkpoint', (await storage.read('step-00000030.checkpoint'))!);
    for (const step of [10, 20, 30]) await storage.write(`step-000000${step}.checkpoint`, new Uint8Array(3));
    expect(await checkpoints.latest()).toBeUndefined();
    expect(damaged).toHaveLength(4);
    expect(damaged[0]).toContain('it holds step 30');
  });

  it('passes the errors of the storage itself on', async () => {
    const { storage, checkpoints } = await saved();
    storage.read = () => Promise.reject(new Error('EIO'));
    await expect(checkpoints.latest()).rejects.toThrow('EIO');
  });
});
