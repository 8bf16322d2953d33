import { writeNifti } from '@paired3d/nifti';
import type { PhantomConfigInput } from '../config';
import { formatLandmarks } from '../landmarks';
import type { PreparedPair, Size3, Split } from '../types';
import { phantomSource } from './source';

/** A volume as `writeNifti` takes it. */
export interface PhantomVolume {
  data: Float32Array | Uint8Array;
  shape: Size3;
  /** Voxel index -> mm, i to the left and j backwards negative as in most of the real data, origin at the centre. */
  affine: number[][];
  spacing: Size3;
}

/**
 * One scan of a prepared pair as a volume with the spacing and affine of its working grid.
 *
 * @param mask true: uint8, 1 where the value is above 0.5; false: the values themselves
 */
export function phantomVolume(pair: PreparedPair, image: 'fixed' | 'moving', mask = false): PhantomVolume {
  const { size, extent } = pair;
  const spacing: Size3 = [extent[0] / size[0], extent[1] / size[1], extent[2] / size[2]];
  const affine = [-1, -1, 1].map((sign, r) => {
    const row = [0, 0, 0, (-sign * (extent[r] - spacing[r])) / 2];
    row[r] = sign * spacing[r];
    return row;
  });
  affine.push([0, 0, 0, 1]);
  const values = pair[image];
  return { data: mask ? Uint8Array.from(values, (v) => (v > 0.5 ? 1 : 0)) : values, shape: size, affine, spacing };
}

/**
 * Writes phantoms in the layout of the real data: `train/case_NNN_1.nii.gz` (fixed) and `_2` (moving), `test/…` and,
 * for the cases of both, `landmarks/case_NNN_exact.csv` and `_cropped.csv`. Scans are masks (values above 0.5).
 *
 * {@link workingGridConfig}`(spacing, 'any')` reads them back.
 *
 * @param write called with a path relative to the data set's folder
 * @throws PipelineError when the config does not fit.
 */
export async function writePhantomDataset(
  config: PhantomConfigInput,
  write: (name: string, bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const source = phantomSource(config);
  for (const split of ['train', 'test'] satisfies Split[]) {
    for (const id of await source.list(split)) {
      const pair = await source.load(split, id);
      for (const [image, number] of [['fixed', 1] as const, ['moving', 2] as const]) {
        const name = `${split}/case_${id}_${number}.nii.gz`;
        await write(name, writeNifti(phantomVolume(pair, image, true), { gzip: true, name }));
      }
      // Cropped landmarks are scored as x = 2 p / N - 1, exact ones as x = (2 p + 1) / N - 1.
      await write(`landmarks/case_${id}_cropped.csv`, landmarkBytes(pair, 0));
      await write(`landmarks/case_${id}_exact.csv`, landmarkBytes(pair, -0.5));
    }
  }
}

function landmarkBytes({ landmarks, size }: PreparedPair, shift: number): Uint8Array {
  const { fixed, moving, count } = landmarks!.exact!;
  const indices = (points: Float32Array) =>
    Float64Array.from(points, (_, p) => {
      const axis = p % 3; // i, j, k here; the points are k, j, i
      return ((points[p - axis + 2 - axis] + 1) / 2) * size[axis] + shift;
    });
  return new TextEncoder().encode(formatLandmarks({ fixed: indices(fixed), moving: indices(moving), count }));
}
