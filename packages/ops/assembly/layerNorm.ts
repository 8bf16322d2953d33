// Layer normalisation (Ba et al. 2016) of rows, with a scale and an offset per column.
import { loadUpTo4, madd, storeUpTo4, sumLanes } from './simd';

@unmanaged
class LayerNorm {
  /** [rows, columns] */
  x!: usize;
  /** The result, or on the way back dx. */
  y!: usize;
  dy!: usize;
  /** [columns]; on the way back also their gradients. */
  scale!: usize;
  offset!: usize;
  dscale!: usize;
  doffset!: usize;
  /** [rows] */
  mean!: usize;
  rstd!: usize;
  /** Scratch: 2 * columns doubles, then 2 * columns floats. */
  sums!: usize;
  rows!: i32;
  columns!: i32;
}

export function layerNorm(l: LayerNorm, epsilon: f64): void {
  const columns = l.columns, row = <usize>columns << 2, count = <f32>columns;
  let x = l.x, y = l.y;
  for (let n: usize = 0; n < <usize>l.rows; n++, x += row, y += row) {
    let sum = f32x4.splat(0);
    for (let i = 0; i < columns; i += 4) sum = f32x4.add(sum, loadUpTo4(x + (<usize>i << 2), columns - i, 0));
    const mean = sumLanes(sum) / count, means = f32x4.splat(mean);
    let squares = f32x4.splat(0);
    for (let i = 0; i < columns; i += 4) {
      const centred = f32x4.sub(loadUpTo4(x + (<usize>i << 2), columns - i, mean), means);
      squares = madd(centred, centred, squares);
    }
    const rstd = <f32>(1 / sqrt(<f64>(sumLanes(squares) / count) + epsilon)), factor = f32x4.splat(rstd);
    for (let i = 0; i < columns; i += 4) {
      const at = <usize>i << 2, rest = columns - i;
      const z = f32x4.mul(f32x4.sub(loadUpTo4(x + at, rest, 0), means), factor);
      storeUpTo4(y + at, madd(z, loadUpTo4(l.scale + at, rest, 0), loadUpTo4(l.offset + at, rest, 0)), rest);
    }
    store<f32>(l.mean + (n << 2), mean);
    store<f32>(l.rstd + (n << 2), rstd);
  }
}

/** Rows whose contributions to dscale and doffset are summed in single precision before they go to a double. */
const GROUP = 32;

/** With z = (x - mean) rstd and g = dy scale: dx = rstd (g - mean(g) - z mean(g z)), dscale = sum(dy z), doffset = sum(dy). */
export function layerNormGradient(l: LayerNorm): void {
  const row = <usize>l.columns << 2;
  const partial = l.sums + 4 * row;
  memory.fill(l.sums, 0, 6 * row);
  for (let first = 0; first < l.rows; first += GROUP) {
    const last = min(first + GROUP, l.rows);
    for (let n = first; n < last; n++) gradientRow(l, n, partial);
    for (let i: usize = 0; i < 2 * row; i += 4) {
      const at = l.sums + 2 * i;
      store<f64>(at, load<f64>(at) + <f64>load<f32>(partial + i));
      store<f32>(partial + i, 0);
    }
  }
  for (let i: usize = 0; i < row; i += 4) {
    store<f32>(l.dscale + i, <f32>load<f64>(l.sums + 2 * i));
    store<f32>(l.doffset + i, <f32>load<f64>(l.sums + 2 * (row + i)));
  }
}

/** dx of row n; adds dy z and dy to the sums [columns], [columns] in `partial`. */
function gradientRow(l: LayerNorm, n: i32, partial: usize): void {
  const columns = l.columns, row = <usize>columns << 2, count = <f32>columns;
  const x = l.x + <usize>n * row, dy = l.dy + <usize>n * row, dx = l.y + <usize>n * row;
  const mean = load<f32>(l.mean + (<usize>n << 2)), means = f32x4.splat(mean);
  const rstd = f32x4.splat(load<f32>(l.rstd + (<usize>n << 2)));
  let sumG = f32x4.splat(0), sumGz = f32x4.splat(0);
  for (let i = 0; i < columns; i += 4) {
    const at = <usize>i << 2, rest = columns - i;
    const z = f32x4.mul(f32x4.sub(loadUpTo4(x + at, rest, mean), means), rstd), d = loadUpTo4(dy + at, rest, 0);
    const g = f32x4.mul(d, loadUpTo4(l.scale + at, rest, 0));
    sumG = f32x4.add(sumG, g);
    sumGz = madd(g, z, sumGz);
    storeUpTo4(partial + at, madd(d, z, loadUpTo4(partial + at, rest, 0)), rest);
    storeUpTo4(partial + row + at, f32x4.add(d, loadUpTo4(partial + row + at, rest, 0)), rest);
  }
  const meanG = f32x4.splat(sumLanes(sumG) / count), meanGz = f32x4.splat(sumLanes(sumGz) / count);
  for (let i = 0; i < columns; i += 4) {
    const at = <usize>i << 2, rest = columns - i;
    const z = f32x4.mul(f32x4.sub(loadUpTo4(x + at, rest, 0), means), rstd);
    const g = f32x4.mul(loadUpTo4(dy + at, rest, 0), loadUpTo4(l.scale + at, rest, 0));
    storeUpTo4(dx + at, f32x4.mul(rstd, f32x4.sub(f32x4.sub(g, meanG), f32x4.mul(z, meanGz))), rest);
  }
}
