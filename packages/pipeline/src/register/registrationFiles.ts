import type { WritableVolume } from '@paired3d/nifti';
import type { Transform } from '@paired3d/registration';
import { workingAffine } from '../data/workingAffine';
import type { Size3 } from '../data/types';
import type { ScanPair } from './scanPair';

/**
 * What a registration leaves, as `writeNifti` of `@paired3d/nifti` takes it: `warped`, the moving scan on the grid of the
 * fixed one, labels as labels; and `displacement`, the field in millimetres as ITK reads it.
 */
export function registrationFiles(
  transform: Transform,
  { volumes, pair, geometry }: ScanPair,
): { readonly warped: WritableVolume; readonly displacement: WritableVolume } {
  const { fixed, moving } = volumes;
  const labels = moving.data instanceof Uint8Array;
  const grid = { shape: fixed.shape as unknown as Size3, affine: fixed.affine };
  const { data, ...rest } = transform.apply(moving, { grid, interpolation: labels ? 'nearest' : 'linear' });
  // Programs take the displacement beyond the outermost voxels' centres for none: on a finer grid that is less of the frame.
  const shape = pair.size.map((n, axis) => Math.min(n, 2 * transform.shape[axis])) as unknown as Size3;
  const further = pair.size.map((n, axis) => n / shape[axis]);
  const field = transform.onGrid({ shape, affine: workingAffine(fixed.affine, geometry, further) }).toField();
  return {
    warped: { ...rest, data: labels ? Uint8Array.from(data) : data },
    displacement: { ...field, shape: [...field.shape] },
  };
}
