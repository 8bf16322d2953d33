import type { HostDisplacement } from './metrics';
import { RegistrationError } from './errors';

/** What `writeNifti` of `@paired3d/nifti` takes. */
export interface WorldDisplacementField {
  /** [I, J, K, 1, 3] row-major: millimetres along x, y, z of the LPS world. */
  readonly data: Float32Array;
  readonly shape: readonly [number, number, number, 1, 3];
  /** As given: voxel -> RAS millimetres. */
  readonly affine: number[][];
  /** NIfTI intent code of vectors, which ITK, ANTs and 3D Slicer expect of a displacement field. */
  readonly intent: 1007;
}

/**
 * A displacement as ITK reads it: a 5D NIfTI of vectors u, in LPS millimetres, such that the world point of a voxel, X,
 * is mapped to X + u(X), and resampling an image through it gives image(X + u(X)) there.
 *
 * The voxels of the tensor are those of the file in its own order (axes D, H, W = i, j, k). With N voxels along an axis
 * a normalised component c is c N / 2 voxels; the affine A turns voxels into RAS millimetres, and RAS into LPS
 * changes the sign of the first two components: u = diag(-1, -1, 1) A[:3, :3] (z I/2, y J/2, x K/2).
 *
 * To resample the moving image onto the fixed one pass the backward displacement and the affine of the fixed grid.
 * @param affine 4 x 4, voxel of the displacement's grid -> RAS millimetres, as NIfTI stores it
 * @throws RegistrationError when the affine is not 4 x 4
 */
export function worldDisplacementField(
  { data, size }: HostDisplacement,
  affine: readonly (readonly number[])[],
): WorldDisplacementField {
  if (affine.length !== 4 || affine.some((row) => row.length !== 4)) {
    throw new RegistrationError(
      'worldDisplacementField',
      'an affine of 4 x 4',
      JSON.stringify(affine),
      'pass the affine of the grid',
    );
  }
  const toLps = [-1, -1, 1].map((sign, row) => [0, 1, 2].map((axis) => sign * affine[row][axis] * (size[axis] / 2)));
  const vectors = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += 3) {
    for (let row = 0; row < 3; row++) {
      const [i, j, k] = toLps[row];
      vectors[at + row] = i * data[at + 2] + j * data[at + 1] + k * data[at];
    }
  }
  return {
    data: vectors,
    shape: [size[0], size[1], size[2], 1, 3],
    affine: affine.map((row) => [...row]),
    intent: 1007,
  };
}
