import { k1, k2, k3 } from '../../divergence/estimators.ts';
import type { Limits, Spreads } from '../../distributions/samples.ts';
import type { Figure, Line } from '../../plot/figure.ts';

/** Samples of P that are drawn, and how many of the means over the first n of them. */
const SAMPLES = 2000;
const PLACES = 200;
/** Of a standard normal: 95% are nearer. */
const NEAR = 1.959964;
const estimators = { k1, k2, k3 } as const;
export const estimatorNames = ['k1', 'k2', 'k3'] as const;

/**
 * KL(P‖Q) as the first n samples of P estimate it, n to 2,000: the mean of each estimator, and around what it tends to the
 * band that holds 95% of such means where n is large.
 * @param sample ℓ = log q(x) − log p(x) of so many samples, nats
 */
export function estimatorFigure(
  sample: (count: number) => Float64Array,
  limits: Limits,
  spreads: Spreads,
  kl: number,
): Figure {
  const logRatios = sample(SAMPLES);
  const x = Array.from({ length: PLACES }, (_, i) => ((i + 1) * SAMPLES) / PLACES);
  const lines = estimatorNames.map((name, group): Line => {
    const means = runningMeans(logRatios, estimators[name]);
    const band = (sign: 1 | -1): (number | null)[] =>
      x.map((n) => finite(limits[name] + (sign * NEAR * spreads[name]) / Math.sqrt(n)));
    return lineOf(
      group,
      x,
      x.map((n) => finite(means[n - 1])),
      band(-1),
      band(1),
    );
  });
  const exact = lineOf(
    3,
    x,
    x.map(() => finite(kl)),
    [],
    [],
  );
  return {
    ...{
      title: 'KL(P‖Q) from samples',
      subtitle: '',
      xLabel: 'samples',
      isCounted: true,
      logY: false,
      notes: [],
    },
    groups: ['k1 = −ℓ', 'k2 = ½ℓ²', 'k3 = e^ℓ − 1 − ℓ', 'KL(P‖Q), exact'].map((label, at) => ({
      label,
      remark: '',
      hue: [0, 1, 2, 6][at],
    })),
    panels: [
      {
        ...{ title: 'mean over the first samples of P', unit: 'nats', columns: [] },
        ...{ lines: [...lines, exact], bounds: [], violations: [], reasons: [] },
      },
    ],
  };
}

/** A line of a figure, with a band around it where one is given. */
export function lineOf(
  group: number,
  x: readonly number[],
  y: Line['y'],
  low: Line['low'],
  high: Line['high'],
): Line {
  const hasBand = low.length > 0 && low[0] !== null;
  return {
    ...{ group, column: 0, role: 'middle', x, y, gaps: [], completeUntil: x.length, isGrowing: false },
    ...{ low: hasBand ? low : [], high: hasBand ? high : [] },
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function runningMeans(logRatios: Float64Array, f: (logRatio: number) => number): Float64Array {
  let sum = 0;
  return logRatios.map((each, i) => {
    sum += f(each);
    return sum / (i + 1);
  });
}
