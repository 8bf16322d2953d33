import { writeNifti } from '@paired3d/nifti';
import { avgPool3d } from '@paired3d/ops';
import { optimisePrepared, PipelineError, scoreDisplacements, workingAffine, type Size3 } from '@paired3d/pipeline';
import {
  dice,
  readDisplacement,
  Transform,
  type HostDisplacement,
  type HostDisplacements,
  type OptimisePreset,
  type RegistrationNetwork,
} from '@paired3d/registration';
import type { Tensor5D } from '@tensorflow/tfjs';
import type { NodeStorage } from './node-storage';
import type { ScanPair } from './scan-pair';

/** The ways to register a pair: all but `optimise` need a trained network. */
export const registerMethods = ['optimise', 'network', 'network+tta', 'network+optimise'] as const;
export type RegisterMethod = (typeof registerMethods)[number];

/** What a registration reached. */
export interface Registered {
  readonly method: RegisterMethod;
  readonly diceBefore: number;
  readonly diceAfter: number;
  /** Percentage of folded voxels. */
  readonly folding: number;
  /** mm, mean */
  readonly inverseConsistency: number;
  /** Of the registration, without reading and writing. */
  readonly seconds: number;
}

/** A registration, and what its report shows. */
export interface RegisteredScans {
  readonly registered: Registered;
  readonly transform: Transform;
  /** On the fixed grid, normalised. */
  readonly backward: HostDisplacement;
  /** The moving image laid over the fixed one, on the working grid. */
  readonly warped: Float32Array;
}

export interface RegisterSettings {
  readonly method: RegisterMethod;
  readonly preset: OptimisePreset;
  /** Iterations of test-time adaptation. */
  readonly tta: number;
  readonly learningRate: number;
  readonly diceThreshold: number;
  readonly signal: AbortSignal;
}

/**
 * Registers a pair.
 *
 * @param network what the methods with a network use.
 * @throws the signal's reason when aborted.
 */
export async function registerScans(
  scans: ScanPair,
  network: RegistrationNetwork | undefined,
  settings: RegisterSettings,
): Promise<RegisteredScans> {
  const { pair, geometry, affines } = scans;
  const start = performance.now();
  const displacements = await displace(scans, network, settings);
  const seconds = (performance.now() - start) / 1000;

  const tf = await import('@tensorflow/tfjs');
  const [fixed, moving] = [pair.fixed, pair.moving].map((data) => tf.tensor5d(data, [1, ...pair.size, 1]));
  const { diceThreshold, method } = settings;
  const { extent } = pair;
  const { result, image } = await scoreDisplacements({ extent }, { fixed, moving }, displacements, diceThreshold);
  tf.dispose([fixed, moving]);
  const { folding, inverseConsistency } = result;
  const diceBefore = dice(pair.fixed, pair.moving, diceThreshold);
  const registered = { method, diceBefore, diceAfter: result.dice, folding, inverseConsistency, seconds };
  const [onFixed, onMoving] = [affines.fixed, affines.moving].map((affine) => workingAffine(affine, geometry));
  const frame = { size: pair.size, fixed: onFixed, moving: onMoving };
  const transform = Transform.ofDisplacements(displacements, frame);
  return { registered, transform, backward: displacements.backward, warped: image };
}

/** Finds the displacements of a pair. */
async function displace(
  { pair }: ScanPair,
  network: RegistrationNetwork | undefined,
  { method, preset, tta, learningRate, signal }: RegisterSettings,
): Promise<HostDisplacements> {
  const start =
    network && (await networkDisplacements(network, pair, method === 'network+tta' ? tta : 0, learningRate, signal));
  if (start && method !== 'network+optimise') return start;
  return optimisePrepared(pair, { recipe: preset, start, signal });
}

async function networkDisplacements(
  network: RegistrationNetwork,
  pair: ScanPair['pair'],
  iterations: number,
  learningRate: number,
  signal: AbortSignal,
): Promise<HostDisplacements> {
  const tf = await import('@tensorflow/tfjs');
  const pool = [...poolingTo(network.config.size, pair.size, pair.id)] as [number, number, number];
  const image = (data: Float32Array): Tensor5D =>
    tf.tidy(() => avgPool3d(tf.tensor5d(data, [1, ...pair.size, 1]), { size: pool }));
  const [fixed, moving] = [image(pair.fixed), image(pair.moving)];
  const onIteration = () => new Promise<void>((resolve) => setTimeout(resolve)); // signals are heard only then
  try {
    const { forward, backward } = iterations
      ? await network.adaptToPair(fixed, moving, { iterations, learningRate, signal, onIteration })
      : network.displacement(fixed, moving);
    const read = { forward: await readDisplacement(forward), backward: await readDisplacement(backward) };
    tf.dispose([forward, backward]);
    return read;
  } finally {
    tf.dispose([fixed, moving]);
  }
}

/**
 * Writes `warped.nii.gz`, the moving scan on the grid of the fixed one, and `displacement.nii.gz`, the field in millimetres
 * as ITK reads it.
 */
export async function writeRegistration(
  { transform }: RegisteredScans,
  { volumes, pair, geometry }: ScanPair,
  storage: NodeStorage,
): Promise<void> {
  const { fixed, moving } = volumes;
  const labels = moving.data instanceof Uint8Array;
  const grid = { shape: fixed.shape as unknown as Size3, affine: fixed.affine };
  const { data, ...rest } = transform.apply(moving, { grid, interpolation: labels ? 'nearest' : 'linear' });
  const warped = { ...rest, data: labels ? Uint8Array.from(data) : data };
  await storage.write('warped.nii.gz', writeNifti(warped, { gzip: true }));
  // Programs take the displacement beyond the outermost voxels' centres for none: on a finer grid that is less of the frame.
  const shape = pair.size.map((n, axis) => Math.min(n, 2 * transform.shape[axis])) as unknown as Size3;
  const further = pair.size.map((n, axis) => n / shape[axis]);
  const field = transform.onGrid({ shape, affine: workingAffine(fixed.affine, geometry, further) }).toField();
  await storage.write('displacement.nii.gz', writeNifti(field, { gzip: true }));
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
