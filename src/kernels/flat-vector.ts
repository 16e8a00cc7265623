// The optimiser's work on flat vectors: one pass each.

/** Σ v², accumulated in float64. */
export function sumOfSquares(v: usize, length: i32): f64 {
  let a = f64x2.splat(0);
  let b = a;
  const end = v + ((<usize>length) << 2);
  for (; v + 16 <= end; v += 16) {
    const x = v128.load(v);
    const low = f64x2.promote_low_f32x4(x);
    const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3));
    a = f64x2.add(a, f64x2.mul(low, low));
    b = f64x2.add(b, f64x2.mul(high, high));
  }
  a = f64x2.add(a, b);
  let sum = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
  for (; v < end; v += 4) {
    const x = <f64>load<f32>(v);
    sum += x * x;
  }
  return sum;
}

/**
 * One step of Adam [arXiv 1412.6980, algorithm 1] with ε placed as PyTorch does:
 * g ← scale·g; m ← β1·m + (1−β1)·g; v ← β2·v + (1−β2)·g²; p ← p − stepSize·m / (√v·inverseRoot + ε).
 * @param inverseRoot 1/√(1 − β2ᵗ): a product, because each quotient takes as long as all the rest
 */
export function adam(
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  length: i32,
  scale: f32,
  stepSize: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  inverseRoot: f32,
  epsilon: f32,
): void {
  const scales = f32x4.splat(scale);
  const stepSizes = f32x4.splat(stepSize);
  const betas1 = f32x4.splat(beta1);
  const rests1 = f32x4.splat(rest1);
  const betas2 = f32x4.splat(beta2);
  const rests2 = f32x4.splat(rest2);
  const inverseRoots = f32x4.splat(inverseRoot);
  const epsilons = f32x4.splat(epsilon);
  const end = p + ((<usize>length) << 2);
  for (; p + 16 <= end; p += 16, g += 16, m += 16, v += 16) {
    const gradient = f32x4.mul(v128.load(g), scales);
    const first = f32x4.add(f32x4.mul(v128.load(m), betas1), f32x4.mul(gradient, rests1));
    const square = f32x4.mul(gradient, gradient);
    const second = f32x4.add(f32x4.mul(v128.load(v), betas2), f32x4.mul(square, rests2));
    const root = f32x4.mul(f32x4.sqrt(second), inverseRoots);
    const step = f32x4.div(f32x4.mul(first, stepSizes), f32x4.add(root, epsilons));
    v128.store(m, first);
    v128.store(v, second);
    v128.store(p, f32x4.sub(v128.load(p), step));
  }
  for (; p < end; p += 4, g += 4, m += 4, v += 4) {
    const gradient = load<f32>(g) * scale;
    const first = load<f32>(m) * beta1 + gradient * rest1;
    const second = load<f32>(v) * beta2 + gradient * gradient * rest2;
    store<f32>(m, first);
    store<f32>(v, second);
    store<f32>(p, load<f32>(p) - (first * stepSize) / (sqrt<f32>(second) * inverseRoot + epsilon));
  }
}
