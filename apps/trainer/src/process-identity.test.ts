import { describe, expect, it } from 'vitest';
import { isAlive, processStart } from './process-identity';

describe('a process', () => {
  it('is alive or not', () => {
    expect(isAlive(process.pid)).toBe(true);
    expect(isAlive(2 ** 22 + 1)).toBe(false);
  });

  it.runIf(process.platform === 'linux')('has a start that stays the same and differs between processes', () => {
    expect(processStart(process.pid)).toBe(processStart(process.pid));
    expect(processStart(process.pid)).not.toBe(processStart(1));
    expect(processStart(2 ** 22 + 1)).toBeUndefined();
  });
});
