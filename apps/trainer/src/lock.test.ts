import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LOCK_NAME, lockFolder } from './lock';
import { bundleForNode, temporaryFolder } from './testing';

/** How often processes race for a lock: more with LOCK_TRIALS=100. */
const TRIALS = Number(process.env.LOCK_TRIALS ?? 20);
const DEAD_PID = 2 ** 22 + 1; // above Linux's largest process id
const token = (n: number) => `00000000-0000-0000-0000-${String(n).padStart(12, '0')}`;

function plant(folder: string, holder: object, name = LOCK_NAME): string {
  const file = path.join(folder, name);
  writeFileSync(file, JSON.stringify({ since: '2026-01-01', token: token(0), ...holder }));
  return file;
}

async function hostOfThisMachine(folder: string): Promise<string> {
  const lock = await lockFolder(folder);
  const { host } = JSON.parse(readFileSync(path.join(folder, LOCK_NAME), 'utf8')) as { host: string };
  lock.release();
  return host;
}

describe('lockFolder', () => {
  it('lets one run in, names it to the next, and the next in after release', async () => {
    const folder = temporaryFolder();
    const lock = await lockFolder(folder);
    const second = lockFolder(folder);
    await expect(second).rejects.toMatchObject({ exitCode: 75, where: folder });
    await expect(second).rejects.toThrow(`one with process id ${process.pid}, since 2`);
    lock.release();
    lock.release();
    (await lockFolder(folder)).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes over the lock of a dead process, also when a take-over was itself cut short', async () => {
    const folder = temporaryFolder();
    const host = await hostOfThisMachine(folder);
    plant(folder, { pid: DEAD_PID, host, token: token(1) });
    plant(folder, { pid: DEAD_PID, host, token: token(2) }, `${LOCK_NAME}-${token(1)}`);
    const lock = await lockFolder(folder);
    expect(JSON.parse(readFileSync(path.join(folder, LOCK_NAME), 'utf8'))).toMatchObject({ pid: process.pid });
    expect(readdirSync(folder)).toEqual([LOCK_NAME]);
    lock.release();
  });

  it('does not take a later process with the same id for the holder', async () => {
    const folder = temporaryFolder();
    const host = await hostOfThisMachine(folder);
    plant(folder, { pid: process.ppid, host, start: 'another boot/1' });
    (await lockFolder(folder)).release();
  });

  it('respects other machines until they have not refreshed their lock for long, and locks that are being written', async () => {
    const folder = temporaryFolder();
    const file = plant(folder, { pid: DEAD_PID, host: 'elsewhere' });
    await expect(lockFolder(folder)).rejects.toThrow(`process id ${DEAD_PID} on elsewhere`);
    writeFileSync(file, '');
    await expect(lockFolder(folder)).rejects.toThrow('no other run in this folder');
    const old = new Date(Date.now() - 3_600_000);
    for (const content of ['', '{"pid":1', JSON.stringify({ pid: 1, host: 'elsewhere', token: token(3) })]) {
      writeFileSync(file, content);
      utimesSync(file, old, old);
      (await lockFolder(folder)).release();
    }
  });

  it('does not remove a lock that another run has taken over', async () => {
    const folder = temporaryFolder();
    const lock = await lockFolder(folder);
    plant(folder, { pid: DEAD_PID, host: 'elsewhere', token: token(4) });
    lock.release();
    expect(readdirSync(folder)).toEqual([LOCK_NAME]);
  });

  it('names the file when the folder cannot be written', async () => {
    const folder = path.join(temporaryFolder(), 'missing');
    await expect(lockFolder(folder)).rejects.toMatchObject({ where: path.join(folder, LOCK_NAME), exitCode: 42 });
  });

  it(`lets exactly one of 8 processes in, ${TRIALS} times, over a stale lock`, async () => {
    const folder = temporaryFolder();
    const host = await hostOfThisMachine(folder);
    const workers = await startWorkers(folder, 8);
    for (let trial = 0; trial < TRIALS; trial++) {
      plant(folder, { pid: DEAD_PID, host, token: token(trial) });
      const results = await Promise.all(workers.map((worker) => ask(worker, 'lock')));
      expect(
        results.filter((result) => result === 'held'),
        `trial ${trial}`,
      ).toHaveLength(1);
      expect(new Set(results), `trial ${trial}`).toEqual(new Set(['held', 'refused']));
      await Promise.all(workers.map((worker) => ask(worker, 'release')));
      expect(readdirSync(folder), `trial ${trial}`).toEqual([]);
    }
  });
});

/** Processes that take and give back the lock of a folder when told. */
async function startWorkers(folder: string, count: number): Promise<ChildProcess[]> {
  const script = await bundleForNode('lock-worker.ts');
  const workers = Array.from({ length: count }, () => fork(script, [folder]));
  onTestFinished(() => workers.forEach((worker) => worker.kill('SIGKILL')));
  return workers;
}

async function ask(worker: ChildProcess, command: 'lock' | 'release'): Promise<unknown> {
  worker.send(command);
  const [answer] = (await once(worker, 'message')) as [unknown];
  return answer;
}
