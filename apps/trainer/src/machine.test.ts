import { expect, it } from 'vitest';
import { commandLine, device, peakMemory, versions } from './machine';

it('writes a command line as a shell reads it', () => {
  expect(commandLine(['demo', '--set', 'a=[1,2]', "it's", '--out=x/y'])).toBe(
    "paired3d demo --set 'a=[1,2]' 'it'\\''s' --out=x/y",
  );
});

it('knows versions, the machine and the memory of the process', async () => {
  expect(await versions()).toMatchObject({ node: process.versions.node, tfjs: '4.22.0' });
  expect(device()).toMatch(/, \d+ cores?$/);
  expect(peakMemory()).toBeGreaterThan(1e7);
});
