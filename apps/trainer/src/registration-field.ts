import { worldDisplacementField, type HostDisplacement, type WorldDisplacementField } from '@paired3d/registration';

type Affine = readonly (readonly number[])[];

/**
 * The field that takes the moving image to the fixed one, for any program that reads ITK's displacement fields: at a voxel v of the fixed
 * grid with displacement d (in voxels) u = M (v + d) - F v, in LPS millimetres, with the affines F and M of the two grids.
 *
 * Scans of a pair are matched voxel by voxel, whatever their headers say; so where the headers differ, the field holds the difference.
 *
 * @param backward displacement on the fixed grid, which pulls the moving image.
 * @param fixed affine of the fixed grid, voxel -> RAS mm; `moving`: of the moving image's grid.
 */
export function registrationField(backward: HostDisplacement, fixed: Affine, moving: Affine): WorldDisplacementField {
  const field = worldDisplacementField(backward, moving);
  const [I, J, K] = backward.size;
  // (M - F) v, in LPS.
  const rows = [-1, -1, 1].map((sign, r) => moving[r].map((value, column) => sign * (value - fixed[r][column])));
  let at = 0;
  for (let i = 0; i < I; i++) {
    for (let j = 0; j < J; j++) {
      for (let k = 0; k < K; k++) {
        for (const [a, b, c, d] of rows) field.data[at++] += a * i + b * j + c * k + d;
      }
    }
  }
  return { ...field, affine: fixed.map((row) => [...row]) };
}
