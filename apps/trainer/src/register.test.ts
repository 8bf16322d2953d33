import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Random } from '@paired3d/nn';
import { readNifti } from '@paired3d/nifti';
import { parseRunConfig, presets, writeModel } from '@paired3d/pipeline';
import { RegistrationNetwork, Transform, dice } from '@paired3d/registration';
import { beforeAll, describe, expect, it } from 'vitest';
import { selectBackend } from './backend';
import { NodeStorage } from './node-storage';
import { temporaryFolder } from './testing';
import { ownGrid, paired3d } from './testing/run';
import { writeBall } from './testing/scans';

const affine = [
  [-1, 0, 0, 50],
  [0, -1, 0, 20],
  [0, 0, 1, -30],
  [0, 0, 0, 1],
];

/** A folder with two scans and an untrained network for their grid. */
async function scansAndModel() {
  const folder = temporaryFolder();
  const [fixed, moving] = ['fixed.nii.gz', 'moving.nii.gz'].map((name) => path.join(folder, name));
  writeBall(fixed, [16, 16, 16], 5, affine);
  writeBall(moving, [16, 16, 16], 4, affine);
  const { model } = parseRunConfig(presets.tiny).registration;
  const network = new RegistrationNetwork({ ...model, spatialDims: 3, size: [16, 16, 16] }, Random.of(1));
  const registration = path.join(folder, 'model');
  const tensors = await network.state();
  await writeModel(
    await NodeStorage.open(registration),
    { kind: 'registration', config: { ...network.config }, tensors },
    '',
  );
  network.dispose();
  return { folder, fixed, moving, registration };
}

const RESULT =
  /^Dice: 0\.\d{3} before, 0\.\d{3} after; .*\ntime: .* s \(.*\)\nwarped: .*\ndisplacement: .*\nreport: .*\n$/;

describe('paired3d register', () => {
  beforeAll(async () => void (await selectBackend('wasm')));

  it.each([['--frame', 'none'], ownGrid])(
    'writes the warped scan over the fixed one, and the field (%s %s)',
    async (...how) => {
      const { folder, fixed, moving, registration } = await scansAndModel();
      const out = path.join(folder, 'out');
      const args = ['--registration', registration, ...how, '--tta', '3', '--out', out];
      const { exitCode, stdout, stderr } = await paired3d('register', fixed, moving, ...args);
      expect(exitCode, stderr).toBe(0);
      expect(stdout).toMatch(RESULT);
      const warped = await readNifti(readFileSync(path.join(out, 'warped.nii.gz')));
      expect(warped).toMatchObject({ shape: [16, 16, 16], affine });
      const field = await readNifti(readFileSync(path.join(out, 'displacement.nii.gz')));
      expect(field).toMatchObject({ shape: [16, 16, 16, 1, 3], intent: 1007, affine });
      const { stdout: json } = await paired3d('register', fixed, moving, ...args, '--json');
      expect(JSON.parse(json)).toMatchObject({ type: 'result', diceAfter: expect.any(Number), folding: 0 });
    },
  );

  it('needs no network to optimise: the warped scan, the field, and a report', async () => {
    const { folder, fixed, moving } = await scansAndModel();
    const out = path.join(folder, 'out');
    const args = ['register', fixed, moving, '--frame', 'none', '--optimise-preset', 'fast', '--out', out];
    const { exitCode, stdout, stderr } = await paired3d(...args);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(RESULT);
    const read = async (name: string) => readNifti(readFileSync(path.join(out, name)));
    const [target, warped] = [await readNifti(readFileSync(fixed)), await read('warped.nii.gz')];
    expect(warped).toMatchObject({ shape: [16, 16, 16], affine });
    expect(warped.data).toBeInstanceOf(Uint8Array);
    expect(dice(warped.data, target.data)).toBeGreaterThan(0.95);
    // What is read from the file does the same to the moving scan.
    const transform = Transform.fromField(await read('displacement.nii.gz'));
    const again = transform.apply(await readNifti(readFileSync(moving)), { interpolation: 'nearest' });
    expect(dice(again.data, warped.data)).toBeGreaterThan(0.98);
    expect(readFileSync(path.join(out, 'report.html'), 'utf8')).toContain('Jacobian determinant');
  });

  it.each(['network', 'network+tta', 'network+optimise'])('registers by %s', async (method) => {
    const { folder, fixed, moving, registration } = await scansAndModel();
    const out = path.join(folder, 'out');
    const how = ['--method', method, '--optimise-preset', 'fast', '--tta', '2', '--frame', 'none', '--json'];
    const args = ['register', fixed, moving, '--registration', registration, ...how, '--out', out];
    const { exitCode, stdout, stderr } = await paired3d(...args);
    expect(exitCode, stderr).toBe(0);
    const { diceBefore, diceAfter, ...rest } = JSON.parse(stdout);
    expect(rest).toMatchObject({ type: 'result', method, folding: 0, report: path.join(out, 'report.html') });
    if (method === 'network+optimise') expect(diceAfter).toBeGreaterThan(diceBefore);
  });

  it('says which method needs a network, and which does not', async () => {
    const { fixed, moving, registration } = await scansAndModel();
    const without = await paired3d('register', fixed, moving, '--method', 'network');
    expect(without).toMatchObject({
      exitCode: 42,
      stderr: expect.stringContaining('expected a trained network, got none'),
    });
    const needless = ['--method', 'optimise', '--registration', registration];
    const withOne = await paired3d('register', fixed, moving, ...needless);
    expect(withOne).toMatchObject({ exitCode: 42, stderr: expect.stringContaining('use --method network+optimise') });
  });

  it('says in one line what cannot be registered, and writes nothing', async () => {
    const { folder, fixed, moving, registration } = await scansAndModel();
    const other = path.join(folder, 'other.nii.gz');
    writeBall(other, [16, 16, 12]);
    const empty = path.join(folder, 'empty.nii.gz');
    writeBall(empty, [16, 16, 16], 0);
    const large = path.join(folder, 'large.nii.gz');
    writeBall(large, [20, 16, 16]);
    const text = path.join(folder, 'text.nii');
    writeFileSync(text, 'no NIfTI');
    const out = path.join(folder, 'out');
    const cases: [string, string, string][] = [
      [fixed, other, `${other}: expected the shape of ${fixed}, 16 x 16 x 16, got 16 x 16 x 12`],
      [fixed, empty, `${empty}: expected foreground inside the frame, got none`],
      [fixed, text, `${text}: `],
      [path.join(folder, 'none.nii'), moving, 'none.nii: expected a NIfTI file, got no such file'],
    ];
    for (const [first, second, line] of cases) {
      const args = [first, second, '--registration', registration, '--frame', 'none', '--out', out];
      const { exitCode, stderr } = await paired3d('register', ...args);
      expect(exitCode).toBe(42);
      expect(stderr).toContain(line);
      expect(stderr).toMatch(/^paired3d: [^\n]+; [^\n]+\n$/);
    }
    const wrong = await paired3d(
      'register',
      large,
      large,
      '--registration',
      registration,
      '--frame',
      'none',
      '--out',
      out,
    );
    expect(wrong).toMatchObject({
      exitCode: 42,
      stderr: expect.stringContaining("16 x 16 x 16, the network's, got 20 x"),
    });
    expect(existsSync(out)).toBe(false);
  });
});
