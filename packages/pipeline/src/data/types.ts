/** Number of voxels along the file's axes i, j, k, or a length along each of them. */
export type Size3 = readonly [number, number, number];

/**
 * Corresponding points of a pair: `fixed[p]` and `moving[p]` show the same anatomy.
 *
 * Both arrays are `[count, 3]`, row-major, in normalised coordinates of the working grid
 * ([-1, 1], `alignCorners: false`), each point ordered x, y, z = k, j, i as in the sampling grids.
 */
export interface Landmarks {
  fixed: Float32Array;
  moving: Float32Array;
  count: number;
}

/** A pair of scans on the common working grid, ready for training or evaluation. */
export interface PreparedPair {
  id: string;
  /** Probabilities of the foreground labels, `[i, j, k, label]` row-major: `labels` values in [0, 1] for each voxel. */
  fixed: Float32Array;
  /** As `fixed`, on the same grid. */
  moving: Float32Array;
  /** Foreground labels of a scan; 1 (default) for masks. */
  labels?: number;
  /** The same scans at a multiple of the working grid's resolution, which they are augmented at; none by default. */
  fine?: { fixed: Float32Array; moving: Float32Array; size: Size3 };
  /** Working grid, e.g. 64 x 52 x 64. */
  size: Size3;
  /** Millimetres that the grid covers along i, j, k; half of it turns normalised displacement into mm. */
  extent: Size3;
  /** `cropped`: as the paper's evaluation uses them; `exact`: as the benchmark's annotators set them. */
  landmarks?: { cropped?: Landmarks; exact?: Landmarks };
}

/** The two halves of a data set: training pairs, and pairs for evaluation alone. */
export type Split = 'train' | 'test';

/** Where pairs come from: a folder of scans, the phantom, or anything that implements this. */
export interface PairSource {
  readonly name: string;
  /** Ids of the split's pairs, sorted. */
  list(split: Split): Promise<string[]>;
  /** One pair; throws a typed error when the id is unknown or its data cannot be used. */
  load(split: Split, id: string): Promise<PreparedPair>;
}
