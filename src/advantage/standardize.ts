/**
 * Brings the first `count` values to mean 0 and sample standard deviation 1, in place:
 * (x − mean) / (std + 1e-8), std with N − 1 as PyTorch's. One value alone is left as it is.
 */
export function standardize(values: Float64Array, count: number): void {
  if (count < 2) return;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i];
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (values[i] - mean) ** 2;
  const divisor = Math.sqrt(squares / (count - 1)) + 1e-8;
  for (let i = 0; i < count; i++) values[i] = (values[i] - mean) / divisor;
}
