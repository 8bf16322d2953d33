import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { HEAP_GROWTH } from './garbage';

const statusWith = (flag: string) => spawnSync(process.execPath, [flag, '-e', '0']).status;

it('sets a flag that V8 knows: of another one it would not tell', () => {
  expect(statusWith('--heap-growing-much')).not.toBe(0);
  expect(statusWith(HEAP_GROWTH)).toBe(0);
});
