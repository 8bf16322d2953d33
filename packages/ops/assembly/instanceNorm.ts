// Instance normalisation followed by PReLU with one slope: z = (x - mean) * rstd per sample and channel, y = z if z > 0,
// else alpha * z. Only x, mean and rstd are kept for the way back. Sums over voxels are taken in double precision.

@unmanaged
class InstanceNorm {
  /** One sample, [voxels, channels]. */
  x!: usize;
  /** The result, or on the way back dx. */
  y!: usize;
  dy!: usize;
  /** [channels] */
  mean!: usize;
  rstd!: usize;
  alpha!: usize;
  /** Scratch of 2 * channels doubles; on the way back followed by one more, the running gradient of alpha. */
  sums!: usize;
  voxels!: i32;
  channels!: i32;
}

/** Voxels that are visited for four channels before the next four: they stay in the first cache level. */
const BLOCK = 64;

export function instanceNormPrelu(n: InstanceNorm, epsilon: f64): void {
  const C = n.channels, count = <f64>n.voxels;
  memory.fill(n.sums, 0, <usize>C << 4);
  for (let v = 0; v < n.voxels; v += BLOCK) addBlock(n, v, false);
  for (let c: usize = 0; c < <usize>C; c++) store<f32>(n.mean + (c << 2), <f32>(load<f64>(n.sums + (c << 3)) / count));
  const squares = n.sums + (<usize>C << 3);
  for (let v = 0; v < n.voxels; v += BLOCK) addBlock(n, v, true);
  for (let c: usize = 0; c < <usize>C; c++) {
    store<f32>(n.rstd + (c << 2), <f32>(1 / sqrt(load<f64>(squares + (c << 3)) / count + epsilon)));
  }
  for (let v = 0; v < n.voxels; v += BLOCK) normaliseBlock(n, v);
}

/** Adds up x, or the squares of x - mean. */
function addBlock(n: InstanceNorm, first: i32, squared: bool): void {
  const C = n.channels, voxel = <usize>C << 2, last = min(first + BLOCK, n.voxels);
  const start = n.x + <usize>first * voxel, end = n.x + <usize>last * voxel;
  const sums = squared ? n.sums + (<usize>C << 3) : n.sums;
  let c: usize = 0;
  for (; c + 16 <= voxel; c += 16) {
    const at = sums + (c << 1);
    const mean = squared ? v128.load(n.mean + c) : f32x4.splat(0);
    let low = v128.load(at), high = v128.load(at, 16);
    for (let p = start + c; p < end; p += voxel) {
      let x = f32x4.sub(v128.load(p), mean);
      if (squared) x = f32x4.mul(x, x);
      low = f64x2.add(low, f64x2.promote_low_f32x4(x));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1)));
    }
    v128.store(at, low);
    v128.store(at, high, 16);
  }
  for (; c < voxel; c += 4) {
    const at = sums + (c << 1), mean = squared ? load<f32>(n.mean + c) : 0;
    let sum = load<f64>(at);
    for (let p = start + c; p < end; p += voxel) {
      const x = load<f32>(p) - mean;
      sum += squared ? <f64>(x * x) : <f64>x;
    }
    store<f64>(at, sum);
  }
}

function normaliseBlock(n: InstanceNorm, first: i32): void {
  const voxel = <usize>n.channels << 2, last = min(first + BLOCK, n.voxels);
  const start = n.x + <usize>first * voxel, end = n.x + <usize>last * voxel, toY = n.y - n.x;
  const alpha = load<f32>(n.alpha), alphas = f32x4.splat(alpha), zero = f32x4.splat(0);
  let c: usize = 0;
  for (; c + 16 <= voxel; c += 16) {
    const mean = v128.load(n.mean + c), rstd = v128.load(n.rstd + c);
    for (let p = start + c; p < end; p += voxel) {
      const z = f32x4.mul(f32x4.sub(v128.load(p), mean), rstd);
      v128.store(p + toY, v128.bitselect(z, f32x4.mul(z, alphas), f32x4.gt(z, zero)));
    }
  }
  for (; c < voxel; c += 4) {
    const mean = load<f32>(n.mean + c), rstd = load<f32>(n.rstd + c);
    for (let p = start + c; p < end; p += voxel) {
      const z = (load<f32>(p) - mean) * rstd;
      store<f32>(p + toY, z > 0 ? z : z * alpha);
    }
  }
}

/** y = dx; adds to the gradient of alpha, a double behind the sums. With g = dy * PReLU'(z): dx = rstd (g - mean(g) - z mean(g z)). */
export function instanceNormPreluGradient(n: InstanceNorm): void {
  memory.fill(n.sums, 0, <usize>n.channels << 4);
  for (let v = 0; v < n.voxels; v += BLOCK) addGradients(n, v);
  for (let v = 0; v < n.voxels; v += BLOCK) spreadGradients(n, v);
}

/** Sums of g and of g * z per channel, and of dy * z where z <= 0. */
function addGradients(n: InstanceNorm, first: i32): void {
  const C = <usize>n.channels, voxel = C << 2, last = min(first + BLOCK, n.voxels);
  const start = n.x + <usize>first * voxel, end = n.x + <usize>last * voxel, toDy = n.dy - n.x;
  const alpha = load<f32>(n.alpha), alphas = f32x4.splat(alpha), ones = f32x4.splat(1), zero = f32x4.splat(0);
  const products = n.sums + (C << 3), dalpha = n.sums + (C << 4);
  let dalphas = f64x2.splat(0), dalphaTail: f64 = 0, c: usize = 0;
  for (; c + 16 <= voxel; c += 16) {
    const mean = v128.load(n.mean + c), rstd = v128.load(n.rstd + c);
    const at = n.sums + (c << 1), product = products + (c << 1);
    let low = v128.load(at), high = v128.load(at, 16), lowZ = v128.load(product), highZ = v128.load(product, 16);
    for (let p = start + c; p < end; p += voxel) {
      const z = f32x4.mul(f32x4.sub(v128.load(p), mean), rstd), dy = v128.load(p + toDy), positive = f32x4.gt(z, zero);
      const g = f32x4.mul(dy, v128.bitselect(ones, alphas, positive)), gz = f32x4.mul(g, z);
      const da = v128.andnot(f32x4.mul(dy, z), positive);
      low = f64x2.add(low, f64x2.promote_low_f32x4(g));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<i64>(g, g, 1, 1)));
      lowZ = f64x2.add(lowZ, f64x2.promote_low_f32x4(gz));
      highZ = f64x2.add(highZ, f64x2.promote_low_f32x4(v128.shuffle<i64>(gz, gz, 1, 1)));
      dalphas = f64x2.add(dalphas, f64x2.promote_low_f32x4(f32x4.add(da, v128.shuffle<i64>(da, da, 1, 1))));
    }
    v128.store(at, low);
    v128.store(at, high, 16);
    v128.store(product, lowZ);
    v128.store(product, highZ, 16);
  }
  for (; c < voxel; c += 4) {
    const mean = load<f32>(n.mean + c), rstd = load<f32>(n.rstd + c), at = n.sums + (c << 1), product = products + (c << 1);
    let sum = load<f64>(at), sumZ = load<f64>(product);
    for (let p = start + c; p < end; p += voxel) {
      const z = (load<f32>(p) - mean) * rstd, dy = load<f32>(p + toDy), g = z > 0 ? dy : dy * alpha;
      sum += g;
      sumZ += g * z;
      if (!(z > 0)) dalphaTail += dy * z;
    }
    store<f64>(at, sum);
    store<f64>(product, sumZ);
  }
  dalphaTail += f64x2.extract_lane(dalphas, 0) + f64x2.extract_lane(dalphas, 1);
  store<f64>(dalpha, load<f64>(dalpha) + dalphaTail);
}

function spreadGradients(n: InstanceNorm, first: i32): void {
  const C = <usize>n.channels, voxel = C << 2, last = min(first + BLOCK, n.voxels), count = <f64>n.voxels;
  const start = n.x + <usize>first * voxel, end = n.x + <usize>last * voxel, toDy = n.dy - n.x, toDx = n.y - n.x;
  const alpha = load<f32>(n.alpha), alphas = f32x4.splat(alpha), ones = f32x4.splat(1), zero = f32x4.splat(0);
  const products = n.sums + (C << 3);
  let c: usize = 0;
  for (; c + 16 <= voxel; c += 16) {
    const mean = v128.load(n.mean + c), rstd = v128.load(n.rstd + c);
    const meanG = meanOf4(n.sums + (c << 1), count), meanGz = meanOf4(products + (c << 1), count);
    for (let p = start + c; p < end; p += voxel) {
      const z = f32x4.mul(f32x4.sub(v128.load(p), mean), rstd);
      const g = f32x4.mul(v128.load(p + toDy), v128.bitselect(ones, alphas, f32x4.gt(z, zero)));
      v128.store(p + toDx, f32x4.mul(rstd, f32x4.sub(f32x4.sub(g, meanG), f32x4.mul(z, meanGz))));
    }
  }
  for (; c < voxel; c += 4) {
    const mean = load<f32>(n.mean + c), rstd = load<f32>(n.rstd + c);
    const meanG = <f32>(load<f64>(n.sums + (c << 1)) / count), meanGz = <f32>(load<f64>(products + (c << 1)) / count);
    for (let p = start + c; p < end; p += voxel) {
      const z = (load<f32>(p) - mean) * rstd, dy = load<f32>(p + toDy), g = z > 0 ? dy : dy * alpha;
      store<f32>(p + toDx, rstd * (g - meanG - z * meanGz));
    }
  }
}

/** Four sums of doubles divided by `count`, as floats. */
// @ts-ignore: decorator
@inline
function meanOf4(sums: usize, count: f64): v128 {
  const low = f32x4.demote_f64x2_zero(f64x2.div(v128.load(sums), f64x2.splat(count)));
  const high = f32x4.demote_f64x2_zero(f64x2.div(v128.load(sums, 16), f64x2.splat(count)));
  return v128.shuffle<i64>(low, high, 0, 2);
}
