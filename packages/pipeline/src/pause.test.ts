import { expect, it } from 'vitest';
import { pause } from './pause';

it('lets a timer fire, which promises alone do not', async () => {
  let fired = false;
  setTimeout(() => (fired = true), 0);
  for (let i = 0; i < 1000; i++) await Promise.resolve();
  expect(fired).toBe(false);
  await pause();
  expect(fired).toBe(true);
});
