/** How far the value function may move from its old values: see `loss.valueClip`. */
export type ValueClip = 'none' | 'max' | 'clippedOnly' | 'squaredError';

/**
 * ½·mean((V − R)²), optionally with the error of V clipped to V_old ± range: the larger of the two errors
 * (`max`, OpenAI baselines) or the clipped one alone (`clippedOnly`, Stable-Baselines3); or with the squared
 * error cut off at the range, whatever the old value (`squaredError`, RLlib).
 * @param coefficient c_v; the loss returned is without it, the gradient with it
 * @param dValues written: c_v·∂loss/∂V_i, [count]
 * @returns the loss without its coefficient
 */
export function valueLoss(
  values: Float32Array,
  oldValues: Float64Array,
  returns: Float64Array,
  count: number,
  clip: ValueClip,
  clipRange: number,
  coefficient: number,
  dValues: Float32Array,
): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    let error = values[i] - returns[i];
    let passes = true;
    if (clip === 'squaredError') {
      if (error * error > clipRange) {
        error = Math.sqrt(clipRange);
        passes = false;
      }
    } else if (clip !== 'none') {
      const moved = values[i] - oldValues[i];
      const kept = Math.min(Math.max(moved, -clipRange), clipRange);
      const clippedError = oldValues[i] + kept - returns[i];
      if (clip === 'clippedOnly' || clippedError * clippedError > error * error) {
        error = clippedError;
        passes = kept === moved;
      }
    }
    sum += error * error;
    dValues[i] = passes ? (coefficient * error) / count : 0;
  }
  return (0.5 * sum) / count;
}
