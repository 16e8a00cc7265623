import type { Stateful, StateValue } from '../elementary/state.ts';
import { type Random, type RandomState, randomStream } from '../random/random.ts';
import { Episodes, type EpisodesState, type EpisodeSummary } from './episodes.ts';
import {
  type ActionSpace,
  type Environment,
  type EnvironmentDefinition,
  EnvironmentError,
  maskWidthOf,
  NonFiniteError,
  type SequenceModel,
  type Space,
  type Transition,
  valuesOf,
  widthOf,
} from './environment.ts';
import { nothingAllowed, probe, requireSameSpaces, requireTimeLimit, shown, thrownBy } from './contract.ts';
import { type BatchStreams, featuresOf, isBatched, type VectorEnvironment } from './vector-environment.ts';

/** What a step of the copies depends on; `environments` holds [N] states as each gives its own. */
export type CopiesState = {
  readonly observations: Float32Array;
  readonly optimalActions: Int32Array | null;
  readonly streams: readonly RandomState[];
  /** Of copies in groups. */
  readonly starts?: readonly RandomState[];
  readonly environments: readonly StateValue[];
  readonly episodes: EpisodesState;
  readonly figureSums: Float64Array;
  readonly figureSteps: number;
};

/**
 * A vector environment of single copies that are stepped one by one. Every copy draws from its own stream, so that more
 * copies change nothing for the first ones; the task (a bandit's means) is drawn from one stream and equal in all
 * copies. No step allocates.
 */
export class Copies implements VectorEnvironment, Stateful<CopiesState> {
  readonly id: string;
  readonly copies: number;
  readonly features: number;
  readonly actionWidth: number;
  readonly observationSpace: Space;
  readonly actionSpace: ActionSpace;
  readonly canSnapshot: boolean;
  readonly observations: Float32Array;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly finalObservations: Float32Array;
  readonly optimalActions: Int32Array | undefined;
  readonly actionMasks: Uint8Array | undefined;
  readonly sequences: SequenceModel | undefined;
  readonly figureNames: readonly string[];
  /** [N]: the copies themselves. */
  readonly environments: readonly Environment[];
  onEpisode: VectorEnvironment['onEpisode'] = () => {};

  private readonly timeLimit: number | undefined;
  private readonly isOwn: boolean;
  private readonly hasRawRewards: boolean;
  private readonly streams: readonly Random[];
  private readonly starts: readonly Random[] | undefined;
  private readonly episodes: Episodes;
  /** Where each copy writes its observation: its row, or a single index if discrete. */
  private readonly slots: readonly Float32Array[];
  private readonly action: Float32Array;
  /** Where each copy writes its mask; none without masks. */
  private readonly masks: readonly Uint8Array[];
  private readonly transition: Transition = { reward: 0, terminated: false };
  private readonly figureSums: Float64Array;
  private figureSteps = 0;

  /**
   * Resets every copy. `createCopies` is how a run makes one.
   *
   * @param environments [N], alike
   * @param streams [N]: what each copy draws from
   * @param starts [N]: what the beginnings of its episodes are drawn from, where that is not the same stream
   * @param isOwn whether what they throw is told as the mistake of somebody's own file
   */
  constructor(
    id: string,
    timeLimit: number | undefined,
    environments: readonly Environment[],
    streams: readonly Random[],
    starts?: readonly Random[],
    isOwn = false,
  ) {
    this.id = id;
    this.isOwn = isOwn;
    this.timeLimit = timeLimit;
    this.environments = environments;
    this.streams = streams;
    this.starts = starts;
    const copies = environments.length;
    this.copies = copies;
    const first = this.environments[0];
    this.observationSpace = first.observationSpace;
    this.actionSpace = first.actionSpace;
    this.features = featuresOf(first.observationSpace);
    this.actionWidth = widthOf(first.actionSpace);
    this.sequences = first.sequences;
    this.hasRawRewards = first.rawReward !== undefined;
    this.figureNames = first.figureNames ?? [];
    const D = this.features;
    this.observations = new Float32Array(copies * D);
    this.finalObservations = new Float32Array(copies * D);
    this.rewards = new Float64Array(copies);
    this.terminated = new Uint8Array(copies);
    this.truncated = new Uint8Array(copies);
    this.optimalActions = first.optimalAction && new Int32Array(copies);
    const M = maskWidthOf(first.actionSpace);
    if (first.actionMask && M === 0)
      throw new EnvironmentError(
        `${id} has actionMask, and its actions are a box: only what is chosen of several can be ruled out`,
      );
    const masks = first.actionMask && new Uint8Array(copies * M);
    this.actionMasks = masks;
    this.masks = masks ? environments.map((_, i) => masks.subarray(i * M, (i + 1) * M)) : [];
    this.episodes = new Episodes(copies);
    this.canSnapshot = environments.every((each) => each.snapshot && each.restore);
    this.slots = this.environments.map((_, i) =>
      first.observationSpace.kind === 'discrete'
        ? new Float32Array(1)
        : this.observations.subarray(i * D, (i + 1) * D),
    );
    this.action = new Float32Array(this.actionWidth);
    this.figureSums = new Float64Array(this.figureNames.length);
    for (let i = 0; i < copies; i++) this.startEpisode(i);
  }

  step(actions: Float32Array): void {
    const { transition } = this;
    const { returns, lengths } = this.episodes;
    for (let i = 0; i < this.copies; i++) {
      this.readAction(actions, i);
      this.clearHot(i);
      const environment = this.environments[i];
      try {
        environment.step(this.action, this.streams[i], this.slots[i], transition);
      } catch (cause) {
        throw this.thrown('step', cause, i);
      }
      this.showObservation(i);
      if (!Number.isFinite(transition.reward)) this.failNonFinite('reward', transition.reward, i);
      this.rewards[i] = transition.reward;
      returns[i] += this.hasRawRewards ? this.rawReward(i) : transition.reward;
      lengths[i]++;
      this.terminated[i] = transition.terminated ? 1 : 0;
      this.truncated[i] = !transition.terminated && lengths[i] === this.timeLimit ? 1 : 0;
      if (this.figureNames.length > 0) this.addFigures(environment.figures, i);
      if (this.terminated[i] || this.truncated[i]) this.endEpisode(i);
      else this.askEnvironment(i);
    }
    this.figureSteps += this.copies;
  }

  drainEpisodes(): EpisodeSummary {
    return this.episodes.drain();
  }

  drainFigures(): Record<string, number> {
    const means: Record<string, number> = {};
    for (const [k, name] of this.figureNames.entries()) means[name] = this.figureSums[k] / this.figureSteps;
    this.figureSums.fill(0);
    this.figureSteps = 0;
    return means;
  }

  /** @throws Error where the environment has no snapshots */
  snapshot(): CopiesState {
    return {
      observations: this.observations.slice(),
      optimalActions: this.optimalActions?.slice() ?? null,
      streams: this.streams.map((stream) => stream.snapshot()),
      ...(this.starts && { starts: this.starts.map((stream) => stream.snapshot()) }),
      environments: this.environments.map(({ snapshot }, i) => {
        if (snapshot === undefined) throw this.withoutSnapshots();
        return snapshot.call(this.environments[i]);
      }),
      episodes: this.episodes.snapshot(),
      figureSums: this.figureSums.slice(),
      figureSteps: this.figureSteps,
    };
  }

  /** @throws RangeError for the state of another number of copies, before anything is changed */
  restore(state: CopiesState): void {
    if (state.environments.length !== this.copies)
      throw new RangeError(
        `a state of ${this.copies} copies is wanted, got one of ${state.environments.length}`,
      );
    this.observations.set(state.observations);
    if (state.optimalActions) this.optimalActions?.set(state.optimalActions);
    for (let i = 0; i < this.copies; i++) {
      const environment = this.environments[i];
      if (environment.restore === undefined) throw this.withoutSnapshots();
      environment.restore(state.environments[i]);
      if (this.actionMasks) this.askMask(i);
      this.streams[i].restore(state.streams[i]);
      const start = state.starts?.[i];
      if (start !== undefined) this.starts?.[i].restore(start);
      if (this.observationSpace.kind === 'discrete') {
        const row = this.observations.subarray(i * this.features, (i + 1) * this.features);
        this.slots[i][0] = row.indexOf(1);
      }
    }
    this.episodes.restore(state.episodes);
    this.figureSums.set(state.figureSums);
    this.figureSteps = state.figureSteps;
  }

  private withoutSnapshots(): Error {
    return new Error(`${this.id} has no snapshot and restore`);
  }

  private readAction(actions: Float32Array, i: number): void {
    const space = this.actionSpace;
    const A = this.actionWidth;
    if (space.kind !== 'box') {
      for (let a = 0; a < A; a++) {
        const action = actions[i * A + a];
        const values = valuesOf(space, a);
        if (!(action >= 0 && action < values && Number.isInteger(action))) {
          const name = A === 1 ? 'action' : `action[${a}]`;
          throw new Error(
            `${name} must be an integer in [0, ${values - 1}], got ${action} for ${this.where(i)}`,
          );
        }
        this.action[a] = action;
      }
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
      throw new EnvironmentError(
        `observation must be an integer in [0, ${this.features - 1}], got ${index} in ${this.where(i)}`,
      );
    }
    this.observations[i * this.features + index] = 1;
  }

  private rawReward(i: number): number {
    const { rawReward } = this.environments[i];
    if (!Number.isFinite(rawReward)) this.failNonFinite('rawReward', rawReward, i);
    return rawReward as number;
  }

  private addFigures(figures: Float64Array | undefined, i: number): void {
    for (let k = 0; k < this.figureSums.length; k++) {
      const figure = figures?.[k];
      if (!Number.isFinite(figure)) this.failNonFinite(this.figureNames[k], figure, i);
      this.figureSums[k] += figure as number;
    }
  }

  private endEpisode(i: number): void {
    this.onEpisode(i, this.episodes.returns[i], this.episodes.lengths[i]);
    this.episodes.end(i);
    const row = i * this.features;
    for (let d = row; d < row + this.features; d++) this.finalObservations[d] = this.observations[d];
    this.clearHot(i);
    this.startEpisode(i);
  }

  private startEpisode(i: number): void {
    const environment = this.environments[i];
    try {
      environment.reset((this.starts ?? this.streams)[i], this.slots[i]);
    } catch (cause) {
      throw this.thrown('reset', cause, i);
    }
    this.showObservation(i);
    this.askEnvironment(i);
  }

  /** Of the state that is acted on next: what may be done, and what is best. */
  private askEnvironment(i: number): void {
    if (this.actionMasks) this.askMask(i);
    const action = this.optimalActions && this.environments[i].optimalAction?.();
    if (this.optimalActions && action !== undefined) this.optimalActions[i] = action;
  }

  private askMask(i: number): void {
    const mask = this.masks[i].fill(1);
    try {
      this.environments[i].actionMask?.(mask);
    } catch (cause) {
      throw this.thrown('actionMask', cause, i);
    }
    const nothing = nothingAllowed(this.actionSpace, mask);
    if (nothing !== undefined)
      throw new EnvironmentError(`actionMask of ${this.where(i)} rules out every ${nothing}`);
  }

  private failNonFinite(quantity: string, value: unknown, i: number): never {
    if (typeof value === 'number') throw new NonFiniteError(quantity, `${value} in ${this.where(i)}`);
    const what = typeof value === 'string' ? `the text ${shown(value)}` : shown(value);
    throw new NonFiniteError(quantity, `${what} in ${this.where(i)}; it must be a finite number`);
  }

  private thrown(method: string, cause: unknown, i: number): unknown {
    return this.isOwn ? thrownBy(`${method} of ${this.where(i)}`, cause) : cause;
  }

  private where(i: number): string {
    return `copy ${i} of ${this.id}`;
  }
}

/** What copies draw from. */
export interface CopyStreams {
  /** `environment` in training; an evaluation has its own, so as not to repeat the training's episodes. */
  readonly prefix?: string;
  /** Of the stream `environment/task`: the run's own seed, if the task is to be that of the run. */
  readonly taskSeed?: number;
  /** So many copies, one after the other, begin each of their episodes alike; null: each as it likes. */
  readonly groupSize?: number | null;
}

/**
 * Copies of an environment, reset and ready to act on: as it makes them, where it makes many at once.
 *
 * @param given the environment's options; what is missing gets its default
 * @param seed of the streams `PREFIX/i` that copy i draws from
 * @param drawn where they draw from
 */
export function createVector<Options>(
  definition: EnvironmentDefinition<Options>,
  given: unknown,
  copies: number,
  seed: number,
  drawn: CopyStreams = {},
): VectorEnvironment {
  if (!isBatched(definition)) return createCopies(definition, given, copies, seed, drawn);
  return definition.createBatch(definition.options.parse(given), streamsOf(copies, seed, drawn));
}

/** The same, of copies that are stepped one by one. */
export function createCopies<Options>(
  definition: EnvironmentDefinition<Options>,
  given: unknown,
  copies: number,
  seed: number,
  drawn: CopyStreams = {},
): Copies {
  const options = definition.options.parse(given);
  const isOwn = definition.module !== undefined;
  if (isOwn) probe(definition, options);
  const { taskSeed = seed } = drawn;
  // A fresh task stream for each copy: all of them draw the same task.
  const environments = Array.from({ length: copies }, () =>
    definition.create(options, randomStream(taskSeed, 'environment/task')),
  );
  if (isOwn) requireSameSpaces(environments, definition.id);
  const { streams, starts } = streamsOf(copies, seed, drawn);
  const timeLimit = requireTimeLimit(definition.timeLimit(options), definition.id);
  return new Copies(definition.id, timeLimit, environments, streams, starts, isOwn);
}

function streamsOf(
  copies: number,
  seed: number,
  { prefix = 'environment', groupSize = null }: CopyStreams,
): BatchStreams {
  const indices = Array.from({ length: copies }, (_, i) => i);
  const streams = indices.map((i) => randomStream(seed, `${prefix}/${i}`));
  // Each copy of a group has a stream of its own that gives what the others' give.
  const starts =
    groupSize === null
      ? undefined
      : indices.map((i) => randomStream(seed, `${prefix}/group/${Math.floor(i / groupSize)}`));
  return { streams, starts };
}
