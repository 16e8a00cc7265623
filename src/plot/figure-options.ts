import type { Center } from '../statistics/seed-band.ts';
import type { Abscissa } from './align.ts';
import type { CurveMemory } from './curve-memory.ts';
import type { PlotMetric } from './plot-metric.ts';

/** What to draw of a set of runs. */
export interface FigureOptions {
  readonly metrics: readonly PlotMetric[];
  readonly abscissa: Abscissa;
  /** Over how many updates each run is averaged, the current one the last. */
  readonly smooth: number;
  readonly logY: boolean;
  readonly band: Center | 'seeds';
  /** Draw every seed as well, beside the band. */
  readonly withSeeds?: boolean | undefined;
  /** Mark the updates that were rolled back, too, where δ is. */
  readonly withRollbacks?: boolean | undefined;
  /** Curves of the figure before, of groups that have a version; all other options are the same from one to the next. */
  readonly memory?: CurveMemory | undefined;
  /** Points a curve keeps at most; more are thinned to the extremes of each stretch. */
  readonly points: number;
  /** From where to where it is looked at closely, in units of x: this part, and what is before and after it, keep so many points each. */
  readonly focus?: readonly [from: number, to: number] | undefined;
}

/** How many points are kept of what is drawn, and of which part more. */
export type Thinning = Pick<FigureOptions, 'points' | 'focus'>;

export const X_LABELS: Readonly<Record<Abscissa, string>> = {
  steps: 'environment steps',
  updates: 'updates',
  time: 'seconds of training',
  gradient: 'gradient steps',
};
