import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { listenForStop } from './signals';
import { bundleForNode } from './testing';

describe('listenForStop', () => {
  it('raises its signal first, and exits at once the second time', () => {
    const source = new EventEmitter();
    const said: string[] = [];
    const codes: number[] = [];
    const stop = listenForStop(
      source,
      (text) => said.push(text),
      (code) => codes.push(code),
    );
    expect(stop.signal.aborted).toBe(false);
    expect(stop.stoppedBy()).toBeUndefined();
    source.emit('SIGTERM', 'SIGTERM');
    expect(stop.signal.aborted).toBe(true);
    expect(stop.stoppedBy()).toBe('SIGTERM');
    expect(said).toEqual(['stopping after a checkpoint; once more to stop at once']);
    expect(codes).toEqual([]);
    source.emit('SIGINT', 'SIGINT');
    expect(codes).toEqual([130]);
    stop.dispose();
    expect(source.listenerCount('SIGINT') + source.listenerCount('SIGTERM')).toBe(0);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends a real process on %s with code %d and one line that says how to go on', async (signal, code) => {
    const child = spawn(process.execPath, [await bundleForNode('stoppable.ts')]);
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    await once(child.stdout, 'data');
    child.kill(signal);
    const [exitCode] = (await once(child, 'close')) as [number];
    expect(stderr).toMatch(/^paired3d: vqae: .*run the same command again to go on from the last checkpoint\n$/);
    expect(exitCode).toBe(code);
  });
});
