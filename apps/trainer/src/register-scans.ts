import { writeNifti } from '@paired3d/nifti';
import { PipelineError, scorePair, workingAffine, type Size3 } from '@paired3d/pipeline';
import { dice, readDisplacement, type RegistrationNetwork } from '@paired3d/registration';
import { avgPool3d } from '@paired3d/ops';
import type { Tensor5D } from '@tensorflow/tfjs';
import type { NodeStorage } from './node-storage';
import { registrationField } from './registration-field';
import type { ScanPair } from './scan-pair';

/** What a registration reached. */
export interface Registered {
  readonly diceBefore: number;
  readonly diceAfter: number;
  /** Percentage of folded voxels. */
  readonly folding: number;
  /** Of the network, without reading and writing. */
  readonly seconds: number;
}

/**
 * Registers a pair and writes `warped.nii.gz`, the moving scan on the grid of the network, which lies over the fixed scan, and
 * `displacement.nii.gz`, the field in millimetres as ITK reads it.
 *
 * @param tta iterations of test-time adaptation; 0 leaves it out.
 * @param pool from the working grid to the network's, see {@link poolingTo}.
 * @throws the signal's reason when aborted.
 */
export async function registerScans(
  network: RegistrationNetwork,
  { pair, geometry, affines }: ScanPair,
  settings: { tta: number; learningRate: number; diceThreshold: number; pool: Size3; signal: AbortSignal },
  storage: NodeStorage,
): Promise<Registered> {
  const { pool } = settings;
  const tf = await import('@tensorflow/tfjs');
  const image = (data: Float32Array) =>
    tf.tidy(() => avgPool3d(tf.tensor5d(data, [1, ...pair.size, 1]), { size: [...pool] as [number, number, number] }));
  const [fixed, moving] = [image(pair.fixed), image(pair.moving)];
  const start = performance.now();
  const displacements = await displace(network, fixed, moving, settings);
  const backward = await readDisplacement(displacements.backward);
  const seconds = (performance.now() - start) / 1000;
  const scored = await scorePair({ extent: pair.extent }, { fixed, moving }, displacements, settings.diceThreshold);
  const values = await Promise.all([fixed.data(), moving.data()]);
  const diceBefore = dice(values[0], values[1], settings.diceThreshold);
  tf.dispose([fixed, moving, displacements.forward, displacements.backward]);

  const [onFixed, onMoving] = [affines.fixed, affines.moving].map((affine) => workingAffine(affine, geometry, pool));
  const warped = { data: scored.image, shape: [...network.config.size], affine: onFixed };
  await storage.write('warped.nii.gz', writeNifti(warped, { gzip: true }));
  const field = registrationField(backward, onFixed, onMoving);
  await storage.write('displacement.nii.gz', writeNifti(field, { gzip: true }));
  return { diceBefore, diceAfter: scored.result.dice, folding: scored.result.folding, seconds };
}

async function displace(
  network: RegistrationNetwork,
  fixed: Tensor5D,
  moving: Tensor5D,
  { tta, learningRate, signal }: { tta: number; learningRate: number; signal: AbortSignal },
) {
  if (tta === 0) return network.displacement(fixed, moving);
  const onIteration = () => new Promise<void>((resolve) => setTimeout(resolve)); // signals are heard only then
  return network.adaptToPair(fixed, moving, { iterations: tta, learningRate, signal, onIteration });
}

/**
 * How many voxels of the working grid, along each axis, one of the network's stands for.
 *
 * @param name of the scan, for the message.
 * @throws PipelineError when the working grid is not the network's.
 */
export function poolingTo(wanted: readonly number[], size: Size3, name: string): Size3 {
  const pool = size.map((n, a) => n / wanted[a]) as unknown as Size3;
  const factor = Math.max(...pool);
  if (pool.every((n, a) => n === factor || (n === 1 && size[a] === 1)) && Number.isInteger(factor)) return pool;
  throw new PipelineError({
    where: name,
    expected: `a working grid of ${wanted.join(' x ')}, the network's`,
    got: size.join(' x '),
    advice: 'use the --config of the training, or another --frame',
  });
}
