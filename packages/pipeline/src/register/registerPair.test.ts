import { readNifti, writeNifti } from '@paired3d/nifti';
import { Random } from '@paired3d/nn';
import { RegistrationNetwork, Transform } from '@paired3d/registration';
import '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { initialError } from '../data/landmarks';
import { phantomVolume } from '../data/phantom/dataset';
import { phantomSource } from '../data/phantom/source';
import { parseRunConfig } from '../run/parse';
import { presets } from '../run/presets';
import { inVoxels, registerPair, type RegisterProgress, type RegisterSettings } from './registerPair';
import { registrationFiles } from './registrationFiles';
import { prepareScanPair } from './scanPair';

const stage = { resolution: 24, blur: 1, smoothing: 1, iterations: 25, learningRate: 1.5, diffusion: 0, bending: 0.02 };
const settings: RegisterSettings = {
  method: 'optimise',
  preset: { controlPoints: 12, squarings: 4, stages: [stage] },
  tta: 4,
  learningRate: 0.002,
  diceThreshold: 0.5,
};

/** A phantom pair as files, on the working grid. */
async function phantomPair() {
  const source = phantomSource({ size: [24, 16, 24], spacing: 10, cases: { train: 0, test: 1 } });
  const phantom = await source.load('test', '001');
  const volume = (image: 'fixed' | 'moving') =>
    readNifti(writeNifti({ ...phantomVolume(phantom, image), shape: [...phantom.size] }));
  const volumes = { fixed: await volume('fixed'), moving: await volume('moving') };
  const names = { fixed: 'fixed.nii', moving: 'moving.nii' };
  const scans = prepareScanPair(volumes, names, parseRunConfig(presets.tiny).source, { frame: 'none' });
  return { phantom, scans: { ...scans, pair: { ...scans.pair, landmarks: phantom.landmarks } } };
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe('registerPair', () => {
  beforeAll(async () => void (await tf.setBackend('wasm')));

  it('brings the landmarks of a phantom together by optimisation, and leaves files of it', async () => {
    const { phantom, scans } = await phantomPair();
    const seen: RegisterProgress[] = [];
    const before = tf.memory().numTensors;
    const found = await registerPair(scans, undefined, { ...settings, onIteration: (p) => void seen.push(p) });
    expect(tf.memory().numTensors).toBe(before);
    expect(seen.map(({ iteration }) => iteration)).toEqual(Array.from({ length: 25 }, (_, n) => n + 1));
    expect(seen.at(-1)!.loss).toBeLessThan(seen[0].loss);
    expect(found.registered.diceAfter).toBeGreaterThan(found.registered.diceBefore);
    expect(mean(found.errors!)).toBeLessThan(0.7 * initialError(phantom.landmarks!.exact!, phantom.extent));

    const { warped, displacement } = registrationFiles(found.transform, scans);
    expect(warped.shape).toEqual([24, 16, 24]);
    const again = Transform.fromField(await readNifti(writeNifti(displacement)));
    const points = Float32Array.from([10, -20, 30]);
    const [a, b] = [again.apply(points), found.transform.apply(points)];
    // The file's grid is finer: between voxels the two differ a little.
    points.forEach((_, axis) => expect(Math.abs(a[axis] - b[axis])).toBeLessThan(0.5));
  });

  it('adapts a network to the pair, and says how far it is', async () => {
    const { scans } = await phantomPair();
    const { model } = parseRunConfig(presets.tiny).registration;
    const network = new RegistrationNetwork({ ...model, spatialDims: 3, size: [24, 16, 24] }, Random.of(1));
    const seen: RegisterProgress[] = [];
    const adapting = {
      ...settings,
      method: 'network+tta',
      onIteration: (p: RegisterProgress) => void seen.push(p),
    } as const;
    const before = tf.memory().numTensors;
    await registerPair(scans, network, adapting);
    expect(seen.map(({ iteration, iterations }) => [iteration, iterations])).toEqual([
      [1, 4],
      [2, 4],
      [3, 4],
    ]);
    const controller = new AbortController();
    const stopping = {
      ...adapting,
      signal: controller.signal,
      onIteration: () => controller.abort(new Error('enough')),
    };
    await expect(registerPair(scans, network, stopping)).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(before);
    network.dispose();
  });

  it('registers on a coarser grid when asked to, and gives the files on that of the scans', async () => {
    const { scans } = await phantomPair();
    const names = { fixed: 'fixed.nii', moving: 'moving.nii' };
    const frame = { frame: 'none', intensities: true, finest: 16 } as const;
    const coarse = prepareScanPair(scans.volumes, names, parseRunConfig(presets.tiny).source, frame);
    expect(coarse.pair.size).toEqual([16, 11, 16]);
    const { transform } = await registerPair(coarse, undefined, settings);
    expect(registrationFiles(transform, coarse).warped.shape).toEqual([24, 16, 24]);
  });

  it('turns normalised displacements into voxels along the axes of the volume', () => {
    const size = [2, 4, 8] as const;
    const data = new Float32Array(3 * 64);
    data.set([0.25, 0.5, 1]);
    expect([...inVoxels({ data, size }).slice(0, 3)]).toEqual([1, 1, 1]);
  });
});
