/** The typed arrays that hold voxels. */
export type TypedArray =
  Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;

/** A volume in memory. */
export interface Volume {
  /** Voxels in row-major order: with shape `[I, J, K]` voxel (i, j, k) is `data[(i * J + j) * K + k]`. */
  readonly data: TypedArray;
  /** `[I, J, K]`, or longer for series (`[I, J, K, T]`) and vector fields (`[I, J, K, 1, 3]`). Axes keep the file's order. */
  readonly shape: readonly number[];
  /** 4 x 4, voxel index (i, j, k, 1) -> millimetres in RAS (x to the right, y anterior, z superior). */
  readonly affine: number[][];
  /** Millimetres between neighbouring voxels along i, j, k: the lengths of the affine's columns. */
  readonly spacing: readonly [number, number, number];
  /** NIfTI intent code, when there is one: {@link INTENT_VECTOR} for displacement fields. */
  readonly intent?: number;
  /** Free text, at most 79 bytes. */
  readonly description?: string;
}

/** What {@link writeNifti} needs: without an affine the axes are i, j, k times the spacing, without a spacing 1 mm. */
export type WritableVolume = Pick<Volume, 'data' | 'shape'> & Partial<Volume>;

/** NIfTI intent code "vector": what ITK and its relatives write, and expect, for displacement fields. */
export const INTENT_VECTOR = 1007;
