import type { Stateful } from '../elementary/state.ts';
import type { EpisodeSummary } from './episodes.ts';
import type { Random } from '../random/random.ts';
import {
  type ActionSpace,
  type EnvironmentDefinition,
  type SequenceModel,
  type Space,
  widthOf,
} from './environment.ts';

/** D: numbers that an observation has for the network; a discrete one is one-hot. */
export function featuresOf(space: Space): number {
  return space.kind === 'discrete' ? space.n : widthOf(space);
}

/**
 * N copies of an environment stepped together, with Gymnasium's same-step autoreset: when an episode ends,
 * `observations` already holds the first one of the next episode and `finalObservations` the last one of the
 * ended. Arrays are written in place by each step. How the copies are stepped is the implementation's: one by one
 * (`createCopies`), or many at once (`createVector` asks for either).
 */
export interface VectorEnvironment extends Stateful {
  readonly id: string;
  /** N */
  readonly copies: number;
  /** D */
  readonly features: number;
  /** A */
  readonly actionWidth: number;
  readonly observationSpace: Space;
  readonly actionSpace: ActionSpace;
  /** [N, D]: what to act on now; one-hot for a discrete space. */
  readonly observations: Float32Array;
  /** [N]: of the last step, as all below. */
  readonly rewards: Float64Array;
  /** [N]: 1 where the MDP ended: the next state is worth 0. */
  readonly terminated: Uint8Array;
  /** [N]: 1 where the time limit cut the episode (and it did not terminate): bootstrap from the final observation. */
  readonly truncated: Uint8Array;
  /** [N, D]: the last observation of the episodes that ended in this step; other rows are left over. */
  readonly finalObservations: Float32Array;
  /** [N]: the best action for each row of `observations`; undefined where the environment does not know it. */
  readonly optimalActions: Int32Array | undefined;
  /** [N, M]: 0 for what the copy's mask rules out now, as `Environment.actionMask`; absent where nothing ever is. */
  readonly actionMasks?: Uint8Array | undefined;
  /** What its episodes are where they are sequences of tokens. */
  readonly sequences?: SequenceModel | undefined;
  /** Names of what `drainFigures` returns. */
  readonly figureNames: readonly string[];
  /** Told of every episode that ends: its copy, its undiscounted raw return, its steps. */
  onEpisode: (copy: number, episodeReturn: number, length: number) => void;
  /**
   * @param actions [N, A], left as they are: box actions are clipped to the bounds for the environment alone
   * @throws {NonFiniteError} for an observation or reward that is NaN or infinite
   */
  step(actions: Float32Array): void;
  /** What the episodes that ended since the last call came to. */
  drainEpisodes(): EpisodeSummary;
  /** Means of the environment's figures over all steps since the last call; NaN if there were none. */
  drainFigures(): Record<string, number>;
  /** Whether `snapshot` and `restore` work; they throw where an environment has none. */
  readonly canSnapshot: boolean;
  /** Whether `restore` cannot bring back the episodes that ran, and begins new ones. */
  readonly restartsEpisodes?: boolean;
  /** Lets go of what it holds beyond memory; nothing is called after it. */
  dispose?(): void;
}

/** What copies draw from. */
export interface BatchStreams {
  /** [N]: the streams of the copies. */
  readonly streams: readonly Random[];
  /** [N]: what the beginnings of their episodes are drawn from, where that is not the same stream. */
  readonly starts: readonly Random[] | undefined;
}

/** An environment whose copies are made together, not one by one: one message to another program steps them all. */
export interface BatchedDefinition<Options = unknown> extends EnvironmentDefinition<Options> {
  /** Copies, reset and ready to act on. */
  createBatch(options: Options, streams: BatchStreams): VectorEnvironment;
}

export function isBatched<Options>(
  definition: EnvironmentDefinition<Options>,
): definition is BatchedDefinition<Options> {
  return 'createBatch' in definition;
}
