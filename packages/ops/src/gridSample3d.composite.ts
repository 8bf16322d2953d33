import * as tf from '@tensorflow/tfjs-core';

export type SampleMode = 'linear' | 'nearest';
export type SamplePadding = 'zeros' | 'border';

/** Where the points lie along one axis, in voxels. All `[P]`. */
interface AxisPosition {
  /** Lower neighbour, a whole number kept as float32. */
  lower: tf.Tensor1D;
  /** Weight of the upper neighbour, in [0, 1). */
  fraction: tf.Tensor1D;
  /** d voxel / d normalised coordinate. */
  slope: tf.Tensor1D | number;
  size: number;
}

/** A voxel that contributes to each point. */
interface Corner {
  /** Row of the `[B * D * H * W, C]` table, int32 `[P]`, always valid. */
  index: tf.Tensor1D;
  /** Whether it lies inside the volume, 0 or 1, `[P]`. */
  inside: tf.Tensor1D;
  /** Weight along x, y, z, `[P]` each. */
  weights: [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
  /** Sign of d weight / d coordinate along x, y, z. */
  signs: [number, number, number];
}

function position(
  grid: tf.Tensor2D,
  component: number,
  size: number,
  mode: SampleMode,
  padding: SamplePadding,
): AxisPosition {
  const normalised = tf.reshape<tf.Rank.R1>(tf.slice(grid, [0, component], [-1, 1]), [-1]);
  let voxel = tf.sub(tf.mul(tf.add(normalised, 1), size / 2), 0.5) as tf.Tensor1D;
  let slope: tf.Tensor1D | number = size / 2;
  if (padding === 'border') {
    const moving = tf.logicalAnd(tf.greater(voxel, 0), tf.less(voxel, size - 1));
    slope = tf.mul<tf.Tensor1D>(tf.cast(moving, 'float32'), size / 2);
    voxel = tf.clipByValue(voxel, 0, size - 1);
  }
  const lower = mode === 'nearest' ? tf.round(voxel) : tf.floor(voxel);
  return { lower, fraction: tf.sub(voxel, lower), slope, size };
}

/** First voxel of each sample in the table, int32 `[B, 1]`. */
function sampleOffsets(batch: number, volume: number): tf.Tensor2D {
  return tf.tensor2d(
    Int32Array.from({ length: batch }, (_, b) => b * volume),
    [batch, 1],
    'int32',
  );
}

function cornerOf(axes: AxisPosition[], steps: [number, number, number], batch: number): Corner {
  const along = axes.map(({ lower, fraction, size }, i) => {
    const voxel = tf.add(lower, steps[i]);
    const clamped = tf.clipByValue(voxel, 0, size - 1);
    return {
      index: tf.cast(clamped, 'int32'),
      inside: tf.cast(tf.equal(voxel, clamped), 'float32'),
      weight: (steps[i] === 1 ? fraction : tf.sub(1, fraction)) as tf.Tensor1D,
    };
  });
  const [x, y, z] = along;
  const [width, height, depth] = axes.map(({ size }) => size);
  // Whole-number arithmetic: float32 counts exactly only up to 2^24 voxels.
  const integer = (n: number) => tf.scalar(n, 'int32');
  const row = tf.add(tf.mul(tf.add(tf.mul(z.index, integer(height)), y.index), integer(width)), x.index);
  const index = tf.add(tf.reshape(row, [batch, -1]), sampleOffsets(batch, depth * height * width));
  return {
    index: tf.reshape<tf.Rank.R1>(index, [-1]),
    inside: tf.mul(tf.mul(x.inside, y.inside), z.inside),
    weights: [x.weight, y.weight, z.weight],
    signs: steps.map((s) => (s === 1 ? 1 : -1)) as [number, number, number],
  };
}

const LINEAR_STEPS: [number, number, number][] = Array.from({ length: 8 }, (_, i) => [i & 1, (i >> 1) & 1, i >> 2]);

function setUp(x: tf.Tensor5D, grid: tf.Tensor5D, mode: SampleMode, padding: SamplePadding) {
  const [batch, depth, height, width, channels] = x.shape;
  const points = tf.reshape<tf.Rank.R2>(grid, [-1, 3]);
  const axes = [width, height, depth].map((size, i) => position(points, i, size, mode, padding));
  const steps = mode === 'nearest' ? LINEAR_STEPS.slice(0, 1) : LINEAR_STEPS;
  return {
    axes,
    steps,
    batch,
    rows: batch * depth * height * width,
    channels,
    table: tf.reshape<tf.Rank.R2>(x, [-1, channels]),
  };
}

/** Weight of a corner, `[P, 1]`. */
function cornerWeight({ inside, weights }: Corner, mode: SampleMode): tf.Tensor2D {
  const weight = mode === 'nearest' ? inside : weights.reduce((a, b) => tf.mul(a, b), inside);
  return tf.expandDims(weight, 1);
}

/** Adds up tensors, freeing the terms on the way. */
function accumulate(total: tf.Tensor | undefined, term: () => tf.Tensor): tf.Tensor {
  const next = tf.tidy(() => (total ? tf.add(total, term()) : term()));
  total?.dispose();
  return next;
}

/** Samples `[B, D, H, W, C]` at `[B, d, h, w, 3]`: gathers the corners and weighs them. */
export function gridSample3dComposite(
  x: tf.Tensor5D,
  grid: tf.Tensor5D,
  mode: SampleMode,
  padding: SamplePadding,
): tf.Tensor5D {
  const { axes, steps, batch, channels, table } = setUp(x, grid, mode, padding);
  let sum: tf.Tensor | undefined;
  for (const step of steps) {
    sum = accumulate(sum, () => {
      const corner = cornerOf(axes, step, batch);
      return tf.mul(tf.gather(table, corner.index), cornerWeight(corner, mode));
    });
  }
  return tf.reshape(sum!, [...grid.shape.slice(0, 4), channels] as [number, number, number, number, number]);
}

/** `[dx, dgrid]`; dx is `[1]` zero when it is not needed. */
export function gridSample3dGradComposite(
  dy: tf.Tensor5D,
  x: tf.Tensor5D,
  grid: tf.Tensor5D,
  mode: SampleMode,
  padding: SamplePadding,
  needInput: boolean,
): tf.Tensor[] {
  const { axes, steps, batch, channels, rows, table } = setUp(x, grid, mode, padding);
  const dyRows = tf.reshape<tf.Rank.R2>(dy, [-1, channels]);
  let dtable: tf.Tensor | undefined;
  let dvoxel: tf.Tensor | undefined;
  for (const step of steps) {
    if (needInput) {
      dtable = accumulate(dtable, () => {
        const corner = cornerOf(axes, step, batch);
        const updates = tf.mul(dyRows, cornerWeight(corner, mode));
        return tf.scatterND(tf.expandDims(corner.index, 1), updates, [rows, channels]);
      });
    }
    if (mode === 'linear') {
      dvoxel = accumulate(dvoxel, () => {
        const corner = cornerOf(axes, step, batch);
        const value = tf.mul(tf.sum(tf.mul(tf.gather(table, corner.index), dyRows), 1), corner.inside);
        const [wx, wy, wz] = corner.weights;
        const others = [tf.mul(wy, wz), tf.mul(wx, wz), tf.mul(wx, wy)];
        return tf.stack(
          others.map((weight, i) => tf.mul(tf.mul(weight, value), corner.signs[i])),
          1,
        );
      });
    }
  }
  const slopes = () =>
    tf.stack(
      axes.map(({ slope }) => (typeof slope === 'number' ? tf.fill([dyRows.shape[0]], slope) : slope)),
      1,
    );
  const dgrid = dvoxel ? tf.reshape(tf.mul(dvoxel, slopes()), grid.shape) : tf.zeros(grid.shape);
  return [dtable ? tf.reshape(dtable, x.shape) : tf.zeros([1]), dgrid];
}
