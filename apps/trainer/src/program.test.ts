import { describe, expect, it } from 'vitest';
import type { Diagnosis } from './doctor';
import { paired3d } from './testing/run';
import { version } from './version';

describe('paired3d', () => {
  it('tells its version and its commands', async () => {
    expect(await paired3d('--version')).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
    const help = await paired3d('--help');
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    expect(help.stdout).toContain('doctor');
  });

  it('shows its help and fails when no command is given', async () => {
    const { exitCode, stdout, stderr } = await paired3d();
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: paired3d/);
  });

  it.each([
    [['dcotor'], "paired3d: unknown command 'dcotor' (Did you mean doctor?); see --help\n"],
    [['doctor', '--bakend', 'cpu'], "paired3d: unknown option '--bakend' (Did you mean --backend?); see --help\n"],
    [['doctor', '--backend', 'gpu'], /^paired3d: option '--backend <name>' argument 'gpu' is invalid\. Allowed.*\n$/],
    [['doctor', 'x'], /^paired3d: too many arguments.*\n$/],
  ])('answers %j with one line and exit code 2', async (args, line) => {
    const { exitCode, stdout, stderr } = await paired3d(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(line);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  it('says errors as JSON too when asked to, and where they came from', async () => {
    const args = ['doctor', '--backend', 'node-gpu', '--json', '--verbose'];
    const { exitCode, stdout, stderr } = await paired3d(...args);
    expect(exitCode).toBe(42);
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'error',
      exitCode: 42,
      message: expect.stringContaining('npm install'),
    });
    expect(stderr).toContain('node-gpu.ts');
    expect(stderr).toMatch(/paired3d: backend node-gpu: .*\n$/);
  });
});

describe('paired3d doctor', () => {
  it('describes the machine for a person', async () => {
    const { exitCode, stdout, stderr } = await paired3d('doctor');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(`paired3d ${version}, Node ${process.versions.node}, TensorFlow.js 4.22.0`);
    expect(stdout).toMatch(/chosen +wasm \((relaxed )?SIMD\)/);
    expect(stdout).toMatch(/kernels +.*Conv3d/);
    expect(stdout).toMatch(
      /needs +tiny [\d.]+ MB, small [\d.]+ MB, paper [\d.]+ GB, oasis-2d [\d.]+ MB a worker, of 4.3 GB\n/,
    );
    expect(stdout).toMatch(/conv3d +right, [\d.]+ GFLOP\/s/);
  });

  it('and for a program', async () => {
    const { stdout } = await paired3d('doctor', '--backend', 'cpu', '--json');
    const diagnosis = JSON.parse(stdout) as Diagnosis;
    expect(diagnosis).toMatchObject({ backend: { name: 'cpu' }, conv3d: { ok: true }, kernels: [] });
    expect(diagnosis.system.memory).toBeGreaterThan(1e8);
    expect(diagnosis.disk.free).toBeGreaterThan(0);
  });
});
