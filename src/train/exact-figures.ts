import type { MetricsWhen } from '../row/metrics.ts';

/** What is exactly true of each step of a training. It reads parameters and draws nothing: training is the same without. */
export interface ExactFigures {
  /** The agent is what an update begins with; its value network's parameters are up to date. */
  begin(): void;
  /** Advantages are estimated, and not standardised yet. */
  estimated?(): void;
  /** Of the step from there to the policy now. */
  figures(): Partial<MetricsWhen<'groundTruth' | 'trueReward' | 'sequenceReference'>>;
  /** The next `begin` is of another state: forget the last step. */
  reset(): void;
  dispose(): void;
}
