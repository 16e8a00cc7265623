import { RunningMean } from '../elementary/mean.ts';
import { type Random, randomStream } from '../random/random.ts';
import {
  type Environment,
  type EnvironmentDefinition,
  NonFiniteError,
  type Space,
  type Transition,
  widthOf,
} from './environment.ts';

/** The episodes that ended since the last drain; null where there were none. Returns are undiscounted, of raw rewards. */
export interface EpisodeSummary {
  readonly count: number;
  readonly returnMean: number | null;
  readonly returnMin: number | null;
  readonly returnMax: number | null;
  /** Steps. */
  readonly lengthMean: number | null;
}

/** D: numbers that an observation has for the network; a discrete one is one-hot. */
export function featuresOf(space: Space): number {
  return space.kind === 'discrete' ? space.n : widthOf(space);
}

/**
 * N copies of an environment stepped together, with Gymnasium's same-step autoreset: when an episode ends,
 * `observations` already holds the first one of the next episode and `finalObservations` the last one of the
 * ended. Every copy draws from its own stream, so that more copies change nothing for the first ones; the
 * task (a bandit's means) is drawn from one stream and equal in all copies. Arrays are written in place by
 * each step; no step allocates.
 */
export class VectorEnvironment {
  readonly id: string;
  /** N */
  readonly copies: number;
  /** D */
  readonly features: number;
  /** A */
  readonly actionWidth: number;
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  readonly timeLimit: number | undefined;
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
  /** Names of what `drainFigures` returns. */
  readonly figureNames: readonly string[];
  /** The copies themselves, for their table or picture. */
  readonly environments: readonly Environment[];

  /** Told of every episode that ends: its copy, its undiscounted raw return, its steps. */
  onEpisode: (copy: number, episodeReturn: number, length: number) => void = () => {};

  private readonly streams: readonly Random[];
  /** [N]: running episode of each copy. */
  private readonly returns: Float64Array;
  private readonly lengths: Int32Array;
  /** Where each copy writes its observation: its row, or a single index if discrete. */
  private readonly slots: readonly Float32Array[];
  private readonly action: Float32Array;
  private readonly transition: Transition = { reward: 0, terminated: false };
  private readonly figureSums: Float64Array;
  private figureSteps = 0;
  /** Returns of the episodes that ended since the last drain. */
  private readonly ended = new RunningMean();
  private endedSteps = 0;

  /**
   * Resets every copy. `createVectorEnvironment` is how a run makes one.
   *
   * @param environments [N], alike
   * @param streams [N]: what each copy draws from
   */
  constructor(
    id: string,
    timeLimit: number | undefined,
    environments: readonly Environment[],
    streams: readonly Random[],
  ) {
    this.id = id;
    this.timeLimit = timeLimit;
    this.environments = environments;
    this.streams = streams;
    const copies = environments.length;
    this.copies = copies;
    const first = this.environments[0];
    this.observationSpace = first.observationSpace;
    this.actionSpace = first.actionSpace;
    this.features = featuresOf(first.observationSpace);
    this.actionWidth = widthOf(first.actionSpace);
    this.figureNames = first.figureNames ?? [];
    const D = this.features;
    this.observations = new Float32Array(copies * D);
    this.finalObservations = new Float32Array(copies * D);
    this.rewards = new Float64Array(copies);
    this.terminated = new Uint8Array(copies);
    this.truncated = new Uint8Array(copies);
    this.optimalActions = first.optimalAction && new Int32Array(copies);
    this.returns = new Float64Array(copies);
    this.lengths = new Int32Array(copies);
    this.slots = this.environments.map((_, i) =>
      first.observationSpace.kind === 'discrete'
        ? new Float32Array(1)
        : this.observations.subarray(i * D, (i + 1) * D),
    );
    this.action = new Float32Array(this.actionWidth);
    this.figureSums = new Float64Array(this.figureNames.length);
    for (let i = 0; i < copies; i++) this.startEpisode(i);
  }

  /**
   * @param actions [N, A], left as they are: box actions are clipped to the bounds for the environment alone
   * @throws {NonFiniteError} for an observation or reward that is NaN or infinite
   */
  step(actions: Float32Array): void {
    const { transition } = this;
    for (let i = 0; i < this.copies; i++) {
      this.readAction(actions, i);
      this.clearHot(i);
      const environment = this.environments[i];
      environment.step(this.action, this.streams[i], this.slots[i], transition);
      this.showObservation(i);
      if (!Number.isFinite(transition.reward)) this.failNonFinite('reward', transition.reward, i);
      this.rewards[i] = transition.reward;
      this.returns[i] += transition.reward;
      this.lengths[i]++;
      this.terminated[i] = transition.terminated ? 1 : 0;
      this.truncated[i] = !transition.terminated && this.lengths[i] === this.timeLimit ? 1 : 0;
      if (environment.figures) this.addFigures(environment.figures, i);
      if (this.terminated[i] || this.truncated[i]) this.endEpisode(i);
      else this.askOptimal(i);
    }
    this.figureSteps += this.copies;
  }

  /** What the episodes that ended since the last call came to. */
  drainEpisodes(): EpisodeSummary {
    const { weight: count, value, least, greatest } = this.ended;
    const summary =
      count === 0
        ? { count, returnMean: null, returnMin: null, returnMax: null, lengthMean: null }
        : {
            count,
            returnMean: value,
            returnMin: least,
            returnMax: greatest,
            lengthMean: this.endedSteps / count,
          };
    this.ended.clear();
    this.endedSteps = 0;
    return summary;
  }

  /** Means of the environment's figures over all steps since the last call; NaN if there were none. */
  drainFigures(): Record<string, number> {
    const means: Record<string, number> = {};
    for (const [k, name] of this.figureNames.entries()) means[name] = this.figureSums[k] / this.figureSteps;
    this.figureSums.fill(0);
    this.figureSteps = 0;
    return means;
  }

  private readAction(actions: Float32Array, i: number): void {
    const space = this.actionSpace;
    const A = this.actionWidth;
    if (space.kind === 'discrete') {
      const action = actions[i];
      if (!(action >= 0 && action < space.n && Number.isInteger(action))) {
        throw new Error(
          `action must be an integer in [0, ${space.n - 1}], got ${action} for ${this.where(i)}`,
        );
      }
      this.action[0] = action;
      return;
    }
    for (let a = 0; a < A; a++) {
      const action = actions[i * A + a];
      if (Number.isNaN(action)) this.failNonFinite(`action[${a}]`, action, i);
      this.action[a] = Math.min(Math.max(action, space.low[a]), space.high[a]);
    }
  }

  private clearHot(i: number): void {
    if (this.observationSpace.kind === 'discrete')
      this.observations[i * this.features + this.slots[i][0]] = 0;
  }

  /** Checks what the copy wrote; a discrete index becomes one-hot in a row of zeros. */
  private showObservation(i: number): void {
    const slot = this.slots[i];
    if (this.observationSpace.kind === 'box') {
      for (let d = 0; d < slot.length; d++) {
        if (!Number.isFinite(slot[d])) this.failNonFinite(`observation[${d}]`, slot[d], i);
      }
      return;
    }
    const index = slot[0];
    if (!Number.isFinite(index)) this.failNonFinite('observation', index, i);
    if (!(index >= 0 && index < this.features && Number.isInteger(index))) {
      throw new Error(`observation must be in [0, ${this.features - 1}], got ${index} from ${this.where(i)}`);
    }
    this.observations[i * this.features + index] = 1;
  }

  private addFigures(figures: Float64Array, i: number): void {
    for (let k = 0; k < this.figureSums.length; k++) {
      if (!Number.isFinite(figures[k])) this.failNonFinite(this.figureNames[k], figures[k], i);
      this.figureSums[k] += figures[k];
    }
  }

  private endEpisode(i: number): void {
    this.ended.add(this.returns[i]);
    this.onEpisode(i, this.returns[i], this.lengths[i]);
    this.endedSteps += this.lengths[i];
    const row = i * this.features;
    for (let d = row; d < row + this.features; d++) this.finalObservations[d] = this.observations[d];
    this.clearHot(i);
    this.startEpisode(i);
  }

  private startEpisode(i: number): void {
    this.returns[i] = 0;
    this.lengths[i] = 0;
    const environment = this.environments[i];
    environment.reset(this.streams[i], this.slots[i]);
    this.showObservation(i);
    this.askOptimal(i);
  }

  private askOptimal(i: number): void {
    const action = this.optimalActions && this.environments[i].optimalAction?.();
    if (this.optimalActions && action !== undefined) this.optimalActions[i] = action;
  }

  private failNonFinite(quantity: string, value: number, i: number): never {
    throw new NonFiniteError(quantity, `${value} in ${this.where(i)}`);
  }

  private where(i: number): string {
    return `copy ${i} of ${this.id}`;
  }
}

/**
 * Copies of an environment, reset and ready to act on.
 *
 * @param given the environment's options; what is missing gets its default
 * @param seed of the streams `PREFIX/i` that copy i draws from
 * @param prefix `environment` in training; an evaluation has its own, so as not to repeat the training's episodes
 * @param taskSeed of the stream `environment/task`: the run's own seed, if the task is to be that of the run
 */
export function createVectorEnvironment<Options>(
  definition: EnvironmentDefinition<Options>,
  given: unknown,
  copies: number,
  seed: number,
  prefix = 'environment',
  taskSeed = seed,
): VectorEnvironment {
  const options = definition.options.parse(given);
  const indices = Array.from({ length: copies }, (_, i) => i);
  // A fresh task stream for each copy: all of them draw the same task.
  const environments = indices.map(() =>
    definition.create(options, randomStream(taskSeed, 'environment/task')),
  );
  const streams = indices.map((i) => randomStream(seed, `${prefix}/${i}`));
  return new VectorEnvironment(definition.id, definition.timeLimit(options), environments, streams);
}
