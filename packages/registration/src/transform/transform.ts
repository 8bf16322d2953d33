import type { Size3 } from '../config';
import type { WorldDisplacementField } from '../displacementField';
import { RegistrationError } from '../errors';
import type { HostDisplacement } from '../metrics';
import { affineOf, coarser, determinant, inverted, transformPoint, type Affine, type Grid, type Vector } from './grid';
import { resample } from './resample';
import { vectorAt } from './sampling';

/** A scan that a transform is applied to, as `readNifti` of `@paired3d/nifti` gives it. */
export interface TransformVolume {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  /** 4 x 4, voxel -> RAS mm; without it voxels are 1 mm along i, j, k. */
  readonly affine?: Affine;
}

/** A scan on another's grid. */
export interface ResampledVolume {
  readonly data: Float32Array;
  readonly shape: number[];
  readonly affine: number[][];
}

/** Millimetres that {@link Transform.inverse} may be off, and steps after which it gives up. */
const TOLERANCE = 1e-3;
const MOST_STEPS = 200;

/**
 * A deformable transformation x -> x + u(x) of RAS millimetres, the world of NIfTI: u is a displacement on a grid,
 * interpolated linearly, and beyond the grid as at its border.
 *
 * Of a registration, x is a point of the fixed scan and x + u(x) the corresponding one of the moving scan. Images go the
 * other way: the transformed image shows at x what the image has at x + u(x), so `apply(moving)` lies over the fixed scan.
 */
export class Transform {
  readonly shape: Size3;
  readonly affine: Affine;

  /**
   * @param displacement [I, J, K, 3] row-major, RAS mm
   * @param grid where its voxels lie
   * @param inverse makes the inverse, if it is known
   * @throws RegistrationError when the displacement does not fit the grid or is not finite
   */
  constructor(
    readonly displacement: Float32Array,
    { shape, affine }: Grid,
    private readonly knownInverse?: () => Transform,
  ) {
    const expected = `${shape.join(' x ')} finite vectors`;
    if (displacement.length !== 3 * shape[0] * shape[1] * shape[2]) {
      throw new RegistrationError('Transform', expected, `${displacement.length} numbers`, 'check the grid');
    }
    if (!displacement.every(Number.isFinite)) {
      throw new RegistrationError('Transform', expected, 'others', 'check the displacement');
    }
    this.shape = [...shape];
    this.affine = affineOf({ affine }).map((row) => [...row]);
  }

  /**
   * Of the normalised displacements of a registration, whose grids cover the frame of the scans.
   * @param frame size of the scans, and their affines: voxel v of the fixed scan goes to voxel v + d(v) of the moving one
   */
  static ofDisplacements(
    { forward, backward }: { readonly forward: HostDisplacement; readonly backward: HostDisplacement },
    { size, fixed, moving }: { readonly size: Size3; readonly fixed: Affine; readonly moving: Affine },
  ): Transform {
    const there: Transform = new Transform(...worldVectors(backward, size, fixed, moving), () => back);
    const back: Transform = new Transform(...worldVectors(forward, size, moving, fixed), () => there);
    return there;
  }

  /**
   * Of a displacement field in a file, as ITK and its relatives write it: vectors in LPS mm.
   * @param field [I, J, K, 1, 3], from `readNifti` of `@paired3d/nifti`
   * @throws RegistrationError when it is not a field of vectors
   */
  static fromField({ data, shape, affine }: TransformVolume): Transform {
    if (shape.length !== 5 || shape[3] !== 1 || shape[4] !== 3) {
      const got = `shape [${shape.join(', ')}]`;
      throw new RegistrationError('Transform.fromField', 'a displacement field [I, J, K, 1, 3]', got, 'pass one');
    }
    const vectors = Float32Array.from(data, (value, i) => (i % 3 === 2 ? value : -value));
    return new Transform(vectors, { shape: [shape[0], shape[1], shape[2]], affine: affineOf({ affine }) });
  }

  /** What `writeNifti` of `@paired3d/nifti` takes: LPS mm and the intent code of vectors, as ITK and 3D Slicer read it. */
  toField(): WorldDisplacementField {
    return {
      data: this.displacement.map((value, i) => (i % 3 === 2 ? value : -value)),
      shape: [...this.shape, 1, 3],
      affine: this.affine.map((row) => [...row]),
      intent: 1007,
    };
  }

  /**
   * Where points go.
   * @param points [n, 3], RAS mm
   */
  apply(points: Float32Array): Float32Array;
  /**
   * The image that shows at x what `volume` has at x + u(x), 0 beyond it.
   * @param options `grid` of the result, by default the volume's own; `interpolation`: `linear` or, for labels, `nearest`
   */
  apply(volume: TransformVolume, options?: { grid?: Grid; interpolation?: 'linear' | 'nearest' }): ResampledVolume;
  apply(
    what: Float32Array | TransformVolume,
    options: { grid?: Grid; interpolation?: 'linear' | 'nearest' } = {},
  ): Float32Array | ResampledVolume {
    return what instanceof Float32Array ? this.movePoints(what) : this.resample(what, options);
  }

  /** The inverse: that of the registration where it came with one, else found by fixed-point iteration. */
  inverse(): Transform {
    return this.knownInverse?.() ?? this.findInverse();
  }

  /** This transformation, then another: x -> next(this(x)), on this one's grid. */
  compose(next: Transform): Transform {
    const points = this.gridPoints();
    const ends = next.movePoints(this.movePoints(points));
    const inverse = (): Transform => next.inverse().compose(this.inverse());
    return new Transform(
      ends.map((value, i) => value - points[i]),
      this,
      inverse,
    );
  }

  /** The same on another grid. */
  onGrid(grid: Grid): Transform {
    const points = gridPoints(grid);
    const inverse = this.knownInverse && (() => this.inverse());
    return new Transform(
      this.movePoints(points).map((value, i) => value - points[i]),
      grid,
      inverse,
    );
  }

  /**
   * Determinant of the derivative of x + u(x) at each voxel of the grid: how much volume grows there, 0 or less where the
   * transformation folds. Central differences, one-sided at the border; along axes of one voxel nothing is deformed.
   */
  jacobian(): ResampledVolume {
    const { shape, displacement } = this;
    const strides = [shape[1] * shape[2], shape[2], 1];
    const toVoxels = inverted(this.affine);
    const data = new Float32Array(displacement.length / 3);
    for (let v = 0; v < data.length; v++) {
      const slopes = strides.map((stride, axis) => {
        const at = Math.floor(v / stride) % shape[axis];
        const before = at > 0 ? v - stride : v;
        const after = at < shape[axis] - 1 ? v + stride : v;
        const steps = (after - before) / stride || 1;
        return [0, 1, 2].map((c) => (displacement[3 * after + c] - displacement[3 * before + c]) / steps);
      });
      data[v] = determinant(
        [0, 1, 2].map((row) =>
          [0, 1, 2].map(
            (column) =>
              Number(row === column) +
              slopes.reduce((sum, slope, axis) => sum + slope[row] * toVoxels[axis][column], 0),
          ),
        ),
      );
    }
    return { data, shape: [...shape], affine: this.affine.map((row) => [...row]) };
  }

  private gridPoints(): Float32Array {
    return gridPoints(this);
  }

  private movePoints(points: Float32Array): Float32Array {
    const toVoxels = inverted(this.affine);
    const u: Vector = [0, 0, 0];
    const moved = new Float32Array(points.length);
    for (let at = 0; at < points.length; at += 3) {
      const voxel = transformPoint(toVoxels, [points[at], points[at + 1], points[at + 2]]);
      vectorAt(this.displacement, this.shape, voxel, u);
      for (let c = 0; c < 3; c++) moved[at + c] = points[at + c] + u[c];
    }
    return moved;
  }

  private resample(
    volume: TransformVolume,
    { grid, interpolation = 'linear' }: { grid?: Grid; interpolation?: 'linear' | 'nearest' },
  ): ResampledVolume {
    const own: Grid = { shape: shapeOf(volume), affine: affineOf(volume) };
    const { shape, affine } = grid ?? own;
    const data = resample({ ...own, data: volume.data }, this, { shape, affine }, interpolation);
    return { data, shape: [...shape], affine: affine.map((row) => [...row]) };
  }

  /**
   * x + u(x) = y is solved for x at each y of this grid moved by the mean displacement: x <- x + (y - x - u(x)) / 2, which
   * converges where the transformation stretches by less than four.
   */
  private findInverse(): Transform {
    const count = this.displacement.length / 3;
    const mean = [0, 1, 2].map(
      (c) => this.displacement.reduce((sum, u, i) => (i % 3 === c ? sum + u : sum), 0) / count,
    );
    const affine = this.affine.map((row, r) => [...row.slice(0, 3), r < 3 ? row[3] + mean[r] : row[3]]);
    const grid: Grid = { shape: this.shape, affine };
    const targets = gridPoints(grid);
    const points = targets.map((value, i) => value - mean[i % 3]);
    for (let step = 0; step < MOST_STEPS; step++) {
      const moved = this.movePoints(points);
      let worst = 0;
      for (let i = 0; i < points.length; i++) {
        const miss = targets[i] - moved[i];
        points[i] += miss / 2;
        worst = Math.max(worst, Math.abs(miss));
      }
      if (worst < TOLERANCE) break;
    }
    return new Transform(
      points.map((value, i) => value - targets[i]),
      grid,
      () => this,
    );
  }
}

/** The points of a grid, RAS mm, [I, J, K, 3]. */
function gridPoints({ shape: [I, J, K], affine }: Grid): Float32Array {
  const points = new Float32Array(3 * I * J * K);
  let at = 0;
  for (let i = 0; i < I; i++) {
    for (let j = 0; j < J; j++) {
      for (let k = 0; k < K; k++, at += 3) points.set(transformPoint(affine, [i, j, k]), at);
    }
  }
  return points;
}

function shapeOf({ shape, data }: TransformVolume): Size3 {
  if (shape.length !== 3 || shape.reduce((a, b) => a * b, 1) !== data.length) {
    const got = `shape [${shape.join(', ')}] and ${data.length} values`;
    throw new RegistrationError('Transform.apply', 'a volume [I, J, K]', got, 'pass one volume');
  }
  return [shape[0], shape[1], shape[2]];
}

/** to (v + d(v)) - from v, at the voxels of the displacement's grid, and that grid. */
function worldVectors({ data, size }: HostDisplacement, frame: Size3, from: Affine, to: Affine): [Float32Array, Grid] {
  const grid: Grid = { shape: size, affine: coarser(from, frame, size) };
  const target = coarser(to, frame, size);
  const starts = gridPoints(grid);
  const [, J, K] = size;
  const vectors = new Float32Array(data.length);
  for (let at = 0, v = 0; at < data.length; at += 3, v++) {
    const index = [Math.floor(v / (J * K)), Math.floor(v / K) % J, v % K];
    // Normalised components are x, y, z = k, j, i.
    const moved = index.map((n, axis) => n + (data[at + 2 - axis] * size[axis]) / 2) as Vector;
    const end = transformPoint(target, moved);
    for (let c = 0; c < 3; c++) vectors[at + c] = end[c] - starts[at + c];
  }
  return [vectors, grid];
}
