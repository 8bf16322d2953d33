import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readNifti, writeNifti } from '@paired3d/nifti';
import type { Summary } from '@paired3d/pipeline';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './testing';
import { paired3d, sets } from './testing/run';

const SIZE = [32, 48] as const;
const LABELS = 24;

/** Label maps in the layout of neurite-oasis: rings of 24 labels about a centre that differs from subject to subject. */
function writeSubjects(folder: string, count: number): void {
  for (let subject = 1; subject <= count; subject++) {
    const [H, W] = SIZE;
    const centre = [H / 2 + (subject % 3), W / 2 - (subject % 4)];
    const data = Uint8Array.from({ length: H * W }, (_, v) => {
      const radius = Math.hypot((Math.floor(v / W) - centre[0]) / H, ((v % W) - centre[1]) / W);
      return radius < 0.45 ? 1 + Math.floor((radius / 0.45) * LABELS) : 0;
    });
    const own = path.join(folder, `OASIS_OAS1_${String(subject).padStart(4, '0')}_MR1`);
    mkdirSync(own, { recursive: true });
    writeFileSync(
      path.join(own, 'slice_seg24.nii.gz'),
      writeNifti({ data, shape: SIZE, spacing: [1, 1, 1] }, { gzip: true }),
    );
    writeFileSync(path.join(own, 'slice_norm.nii.gz'), 'not read');
  }
  writeFileSync(path.join(folder, 'subjects.txt'), 'not read either');
}

/** Settings that make every stage take a step or two. */
const short = sets({
  'source.dataset.size': [1, ...SIZE],
  'source.dataset.pairs': { train: 3, test: 2 },
  validation: 1,
  'vqae.steps': 2,
  'vqae.crop': 16,
  'tokenize.variants': 2,
  'diffusion.steps': 2,
  'synthesize.pairs': 2,
  'synthesize.steps': 2,
  'registration.steps': 1,
  'registration.tta.iterations': 2,
});

describe('the preset oasis-2d', () => {
  function withData() {
    const folder = temporaryFolder();
    const data = path.join(folder, 'neurite-oasis');
    writeSubjects(data, 8);
    const out = path.join(folder, 'out');
    const given = ['--preset', 'oasis-2d', '--backend', 'wasm', '--train', data, '--out', out];
    return { data, out, run: (...options: string[]) => paired3d('run', ...given, ...short, ...options) };
  }

  it('runs the whole chain on label maps and scores it by Dice', async () => {
    const { out, run } = withData();
    const { exitCode, stdout, stderr } = await run();
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/before registration/);
    const summary = JSON.parse(readFileSync(path.join(out, 'summary.json'), 'utf8')) as Summary;
    const { dice, tre } = summary.registration;
    expect(tre).toBeUndefined();
    for (const method of ['before', 'networkReal', 'network', 'tta'] as const) {
      expect(Object.keys(dice![method]!.cases)).toEqual(['0006-0007', '0007-0008']);
      expect(dice![method]!.mean).toBeGreaterThan(0);
      expect(dice![method]!.mean).toBeLessThan(1);
    }
    const made = readdirSync(path.join(out, 'synthetic')).filter((name) => name.endsWith('.nii.gz'));
    expect(made).toHaveLength(4);
    const scan = await readNifti(readFileSync(path.join(out, 'synthetic', made[0])));
    expect(scan).toMatchObject({ shape: [1, ...SIZE], data: expect.any(Uint8Array) });
    expect(Math.max(...Array.from(scan.data))).toBeLessThanOrEqual(LABELS);
    expect(readFileSync(path.join(out, 'report/index.html'), 'utf8')).toContain('<html');
  });

  it('refuses what does not go with it before it starts', async () => {
    const { data, run } = withData();
    const test = await run('--test', data);
    expect(test.stderr).toContain('--test: expected nothing: the folder of --train holds all subjects');
    const optimise = await run(...sets({ 'evaluation.optimise': 'fast' }));
    expect(optimise.stderr).toContain("evaluation.optimise: expected 'none' for maps of several labels");
    const many = await run(...sets({ 'source.dataset.pairs': { train: 40, test: 20 } }));
    expect(many.stderr).toContain('folder of subjects: expected 62 subjects');
    const masks = await paired3d('synthesize', '--preset', 'oasis-2d', '--masks', '--out', path.join(data, 'out'));
    expect(masks.stderr).toContain('--masks: expected pairs of probabilities, got maps of 24 labels; leave it out');
    expect([test, optimise, many, masks].map(({ exitCode }) => exitCode)).toEqual([42, 42, 42, 42]);
  });
});
