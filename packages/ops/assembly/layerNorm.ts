// Layer normalisation (Ba et al. 2016) of rows, with a scale and an offset per column.

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
  /** Scratch of 2 * columns doubles. */
  sums!: usize;
  rows!: i32;
  columns!: i32;
}

export function layerNorm(l: LayerNorm, epsilon: f64): void {
  const row = <usize>l.columns << 2, count = <f64>l.columns;
  let x = l.x, y = l.y;
  for (let n: usize = 0; n < <usize>l.rows; n++) {
    let sum: f64 = 0, squares: f64 = 0;
    for (let i: usize = 0; i < row; i += 4) sum += load<f32>(x + i);
    const mean = <f32>(sum / count);
    for (let i: usize = 0; i < row; i += 4) {
      const centred = load<f32>(x + i) - mean;
      squares += centred * centred;
    }
    const rstd = <f32>(1 / sqrt(squares / count + epsilon));
    for (let i: usize = 0; i < row; i += 4) {
      store<f32>(y + i, (load<f32>(x + i) - mean) * rstd * load<f32>(l.scale + i) + load<f32>(l.offset + i));
    }
    store<f32>(l.mean + (n << 2), mean);
    store<f32>(l.rstd + (n << 2), rstd);
    x += row;
    y += row;
  }
}

/** With z = (x - mean) rstd and g = dy scale: dx = rstd (g - mean(g) - z mean(g z)), dscale = sum(dy z), doffset = sum(dy). */
export function layerNormGradient(l: LayerNorm): void {
  const row = <usize>l.columns << 2, count = <f64>l.columns;
  const scales = l.sums, offsets = l.sums + 2 * row;
  memory.fill(l.sums, 0, 4 * row);
  let x = l.x, dy = l.dy, dx = l.y;
  for (let n: usize = 0; n < <usize>l.rows; n++) {
    const mean = load<f32>(l.mean + (n << 2)), rstd = load<f32>(l.rstd + (n << 2));
    let sumG: f64 = 0, sumGz: f64 = 0;
    for (let i: usize = 0; i < row; i += 4) {
      const z = (load<f32>(x + i) - mean) * rstd, d = load<f32>(dy + i), g = d * load<f32>(l.scale + i);
      sumG += g;
      sumGz += g * z;
      const scale = scales + 2 * i, offset = offsets + 2 * i;
      store<f64>(scale, load<f64>(scale) + <f64>(d * z));
      store<f64>(offset, load<f64>(offset) + <f64>d);
    }
    const meanG = <f32>(sumG / count), meanGz = <f32>(sumGz / count);
    for (let i: usize = 0; i < row; i += 4) {
      const z = (load<f32>(x + i) - mean) * rstd, g = load<f32>(dy + i) * load<f32>(l.scale + i);
      store<f32>(dx + i, rstd * (g - meanG - z * meanGz));
    }
    x += row;
    dy += row;
    dx += row;
  }
  for (let i: usize = 0; i < row; i += 4) {
    store<f32>(l.dscale + i, <f32>load<f64>(scales + 2 * i));
    store<f32>(l.doffset + i, <f32>load<f64>(offsets + 2 * i));
  }
}
