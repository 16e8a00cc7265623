import type { HeadKind } from '../policy/head.ts';
import type { Drawing } from './drawing.ts';

/** An episode that a policy played. */
export interface ToldEpisode {
  readonly seed: number;
  /** Of which update the earlier policy is that each step tells of; null: there is none. Undefined: nobody asks for one. */
  readonly before?: number | null;
  /** What each action is called, of several choices each value of each, of bits each; of a box each dimension. */
  readonly actions: readonly string[];
  /** Of a box: from where to where each dimension goes; null: for ever. */
  readonly bounds?: readonly (readonly [low: number | null, high: number | null])[];
  readonly head: HeadKind;
  /** The picture of each step, the first that of the start; null where the environment has none. */
  readonly drawings: readonly Drawing[] | null;
  readonly steps: readonly ToldStep[];
}

/** A step of it, the first its start. */
export interface ToldStep {
  /** What was done, in words; '' at the start. */
  readonly done: string;
  /**
   * What it was chosen from: probabilities, one an action; of Gaussians the means, then the standard deviations, before tanh where
   * they are squashed. Empty at the start.
   */
  readonly distribution: readonly number[];
  /** What an earlier policy would have chosen from there, and KL(before‖now), KL(now‖before), nats. */
  readonly before?: {
    readonly distribution: readonly number[];
    readonly klTo: number;
    readonly klFrom: number;
  };
  readonly earned: number;
}
