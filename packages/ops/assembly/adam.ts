// Adam (Kingma & Ba 2015, algorithm 1) with decoupled weight decay (Loshchilov & Hutter 2019), in PyTorch's order of operations.

@unmanaged
class Adam {
  p!: usize;
  g!: usize;
  m!: usize;
  v!: usize;
  /** The new parameters and moments. */
  p1!: usize;
  m1!: usize;
  v1!: usize;
  count!: i32;
}

/** `keep` = 1 - learningRate * weightDecay, `step` = learningRate / (1 - beta1^t), `correction` = sqrt(1 - beta2^t). */
export function adam(
  a: Adam,
  beta1: f32, rest1: f32, beta2: f32, rest2: f32,
  keep: f32, step: f32, correction: f32, epsilon: f32,
): void {
  const bytes = <usize>a.count << 2, whole = bytes & ~15;
  for (let i: usize = 0; i < whole; i += 16) {
    const g = v128.load(a.g + i);
    const m = f32x4.add(f32x4.mul(v128.load(a.m + i), f32x4.splat(beta1)), f32x4.mul(g, f32x4.splat(rest1)));
    const v = f32x4.add(f32x4.mul(v128.load(a.v + i), f32x4.splat(beta2)), f32x4.mul(f32x4.mul(g, g), f32x4.splat(rest2)));
    const denominator = f32x4.add(f32x4.div(f32x4.sqrt(v), f32x4.splat(correction)), f32x4.splat(epsilon));
    const p = f32x4.mul(v128.load(a.p + i), f32x4.splat(keep));
    v128.store(a.p1 + i, f32x4.sub(p, f32x4.mul(f32x4.splat(step), f32x4.div(m, denominator))));
    v128.store(a.m1 + i, m);
    v128.store(a.v1 + i, v);
  }
  for (let i = whole; i < bytes; i += 4) {
    const g = load<f32>(a.g + i), m = load<f32>(a.m + i) * beta1 + g * rest1, v = load<f32>(a.v + i) * beta2 + g * g * rest2;
    const denominator = sqrt<f32>(v) / correction + epsilon;
    store<f32>(a.p1 + i, load<f32>(a.p + i) * keep - step * (m / denominator));
    store<f32>(a.m1 + i, m);
    store<f32>(a.v1 + i, v);
  }
}
