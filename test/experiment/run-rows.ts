import type { MetricsRow } from '../../src/row/metrics.ts';

/**
 * Rows of a run that was never made: returns per update, everything else in range. The curve of an update is its return,
 * known at once; where no episode ended, with the next one.
 */
export function rowsOf(returns: readonly (number | null)[], over: Partial<MetricsRow> = {}): MetricsRow[] {
  return returns.map((returnMean, i) => ({
    update: i + 1,
    steps: 100 * (i + 1),
    episodes: returnMean === null ? 0 : 4,
    returnMean,
    returnMin: returnMean,
    returnMax: returnMean,
    lengthMean: returnMean === null ? null : 25,
    curveUpdates: returns.findLastIndex((each, u) => u <= i && each !== null) + 1,
    curveReturn: returnMean,
    klOldNewMean: 0.01,
    klOldNewP95: 0.02,
    klOldNewMax: 0.03,
    klNewOldMean: 0.01,
    k1: 0.01,
    k2: 0.01,
    k3: 0.01,
    delta: 0.02,
    deltaViolated: false,
    clipFraction: 0.1,
    entropy: 1,
    policyLoss: 0,
    valueLoss: 0,
    explainedVariance: 0.5,
    learningRate: 1e-3,
    clipRange: 0.2,
    gradientNorm: 0.5,
    gradientStepsPlanned: 8,
    gradientStepsApplied: 6,
    stopReason: 'completed',
    figures: {},
    ...over,
  }));
}
