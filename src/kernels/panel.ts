// A panel holds up to PANEL_SAMPLES samples feature-major, [feature][sample]: one row per feature. Samples
// are zero-padded to a multiple of 4, so no kernel has a scalar tail over samples.

/** Samples in a full panel: 64 features of them and 64×64 weights stay in the first-level cache. */
export const PANEL_SAMPLES: i32 = 128;

/**
 * Bytes from one feature's row to the next's: 136 floats. Not 512, which would put every row into the same
 * cache sets; constant, so that the loads of several rows share one pointer.
 */
export const ROW: usize = 544;

/** a·b + c, per lane. The strict build rounds twice; a build with `--enable relaxed-simd` may fuse. */
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** [Σa, Σb, Σc, Σd]. */
export function laneSums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}
