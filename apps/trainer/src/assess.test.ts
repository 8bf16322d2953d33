import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseRunConfig, presets, writePhantomDataset } from '@paired3d/pipeline';
import { beforeAll, describe, expect, it } from 'vitest';
import { selectBackend } from './backend';
import { temporaryFolder } from './testing';
import { paired3d, sets } from './testing/run';
import { writeBall } from './testing/scans';

/** Slices that are the working grid: they take no time. */
const PHANTOM = {
  size: [1, 20, 20] as [number, number, number],
  spacing: 10,
  cases: { train: 5, test: 0 },
  landmarks: 4,
};
const grid = sets({
  'source.dataset.frame': null,
  'source.dataset.pool': 1,
  'source.dataset.spacing': 10,
  spatialDims: 2,
});

/** A folder with two real pairs in `real` and two others in `other`. */
async function folders(): Promise<string> {
  const folder = temporaryFolder();
  const files = new Map<string, Uint8Array>();
  await writePhantomDataset(PHANTOM, async (name, bytes) => void files.set(name, bytes));
  for (const [name, cases] of Object.entries({ real: ['001', '002'], other: ['003', '004'] })) {
    mkdirSync(path.join(folder, name));
    for (const id of cases) {
      for (const image of [1, 2]) {
        const file = `case_${id}_${image}.nii.gz`;
        writeFileSync(path.join(folder, name, file), files.get(`train/${file}`)!);
      }
    }
  }
  return folder;
}

beforeAll(async () => void (await selectBackend('wasm')));

describe('paired3d assess', () => {
  it('passes a folder beside itself: a table, a verdict, a page and its figures', async () => {
    const folder = await folders();
    const [real, out] = ['real', 'out'].map((name) => path.join(folder, name));
    const args = ['assess', real, '--real', real, ...grid, '--out', out, '--quiet'];
    const { exitCode, stdout, stderr } = await paired3d(...args, '--strict');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^mean ± s\.d\. over pairs +real +synthetic +bounds\n/);
    expect(stdout).toMatch(/\ndisplacement, mm( +[\d.]+ ± [\d.]+){2} +[\d.]+ to [\d.]+ +within\n/);
    expect(stdout).toMatch(/\nplausible: all 12 figures .*; 2 of the pairs are real ones, value for value\nreport: /);
    const page = readFileSync(path.join(out, 'assess.html'), 'utf8');
    expect(page).toContain('Plausible: <b>all 12 figures</b>');
    expect(page).toContain('paired3d assess ');
    const { verdict, criteria, synthetic, settings } = JSON.parse(readFileSync(path.join(out, 'assess.json'), 'utf8'));
    expect(verdict.passed).toBe(true);
    expect(criteria).toHaveLength(12);
    expect(synthetic.map(({ id }: { id: string }) => id)).toEqual(['001', '002']);
    expect(settings).toEqual({ threshold: 0.25, optimise: 'fast', seed: 1 });

    // What is there is not computed again; one pair is drawn, and nothing else changes.
    const json = await paired3d(...args, '--json', '--pairs', '1');
    const lines = json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ type, stage }) => type === 'step' && stage === 'real')).toEqual([]);
    expect(lines.at(-1)).toMatchObject({ type: 'result', report: path.join(out, 'assess.html') });
  });

  it('exits with 3 on a verdict that is not plausible where that was asked for', async () => {
    const folder = await folders();
    const [real, still, out] = ['real', 'still', 'out'].map((name) => path.join(folder, name));
    mkdirSync(still);
    for (const name of readdirSync(real))
      copyFileSync(path.join(real, name.replace('_2', '_1')), path.join(still, name));
    const args = ['assess', still, '--real', real, ...grid, '--out', out, '--quiet'];
    const strict = await paired3d(...args, '--strict');
    expect(strict.exitCode).toBe(3);
    expect(strict.stdout).toMatch(
      /\nnot plausible: \d+ of 12 figures .*displacement 0\.\d\d mm \([\d.]+ to [\d.]+ mm\)/,
    );
    expect(strict.stderr).toMatch(/^paired3d: not plausible: [^\n]*\n$/);
    expect(await paired3d(...args)).toMatchObject({ exitCode: 0, stderr: '', stdout: strict.stdout });
  });

  it('takes the settings of the run that made the pairs, phantoms too', async () => {
    const folder = await folders();
    const run = path.join(folder, 'run');
    mkdirSync(path.join(run, 'synthetic'), { recursive: true });
    for (const name of readdirSync(path.join(folder, 'other'))) {
      copyFileSync(path.join(folder, 'other', name), path.join(run, 'synthetic', name));
    }
    const phantoms = { kind: 'phantom' as const, ...PHANTOM, cases: { train: 2, test: 0 } };
    const config = parseRunConfig({ ...presets.tiny, seed: 5, spatialDims: 2, source: phantoms });
    writeFileSync(path.join(run, 'config.json'), JSON.stringify(config));
    const out = path.join(folder, 'out');
    const { exitCode, stderr } = await paired3d('assess', path.join(run, 'synthetic'), '--out', out, '--quiet');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(readFileSync(path.join(out, 'assess.json'), 'utf8'))).toMatchObject({
      settings: { seed: 5, threshold: 0.5 },
      real: [{ id: '001' }, { id: '002' }],
      synthetic: [{ id: '003' }, { id: '004' }],
    });
    const both = await paired3d('assess', path.join(run, 'synthetic'), '--real', run, '--out', out);
    expect(both).toMatchObject({ exitCode: 42, stderr: expect.stringContaining('--real: expected no folder: the') });
  });

  it('says in one line what is wrong, and writes nothing', async () => {
    const folder = await folders();
    const [real, out] = ['real', 'out'].map((name) => path.join(folder, name));
    const [one, odd] = ['one', 'odd'].map((name) => path.join(folder, name));
    for (const image of [1, 2]) writeBall(path.join(one, `case_001_${image}.nii.gz`), [1, 20, 20], 3);
    writeFileSync(path.join(folder, 'text'), '');
    for (const image of [1, 2]) writeBall(path.join(odd, `case_001_${image}.nii.gz`), [1, 20, 18], 3);
    const cases: [string[], number, string][] = [
      [[real], 42, '--real: expected the folder of the real pairs, got none'],
      [[path.join(folder, 'none'), '--real', real], 42, 'none: expected a folder of scans, got no such file'],
      [[path.join(folder, 'text'), '--real', real], 42, 'text: expected a folder of scans, got a file'],
      [[folder, '--real', real], 42, 'expected scans named like case_{case}_{image}.nii.gz, got none'],
      [[odd, '--real', real], 42, 'expected the working grid of the real pairs, 1 x 20 x 20, got 1 x 20 x 18'],
      [[real, '--real', one], 42, 'real pairs: expected 2 or more, got 1'],
      [[real, '--real', real, '--pairs', '0'], 2, 'Expected 1 or more'],
      [['--real', real], 2, "missing required argument 'synthetic'"],
    ];
    for (const [args, code, line] of cases) {
      const { exitCode, stdout, stderr } = await paired3d('assess', ...args, ...grid, '--out', out);
      expect({ exitCode, stdout }, stderr).toEqual({ exitCode: code, stdout: '' });
      expect(stderr).toContain(line);
      expect(stderr).toMatch(/^paired3d: [^\n]+\n$/);
    }
    expect(existsSync(out)).toBe(false);
  });
});
