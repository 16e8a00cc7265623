import type { HeadKind } from '../policy/head.ts';
import type { Drawing } from './drawing.ts';

/** An episode that a policy played. */
export interface ToldEpisode {
  readonly seed: number;
  /** What each action is called, of a discrete space; of a box each dimension. */
  readonly actions: readonly string[];
  readonly head: HeadKind;
  /** The picture of each step, the first that of the start; null where the environment has none. */
  readonly drawings: readonly Drawing[] | null;
  readonly steps: readonly ToldStep[];
}

/** A step of it, the first its start. */
export interface ToldStep {
  /** What was done, in words; '' at the start. */
  readonly done: string;
  /** What it was chosen from: probabilities of a categorical, means then standard deviations of a Gaussian, else empty. */
  readonly distribution: readonly number[];
  readonly earned: number;
}
