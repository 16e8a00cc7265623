import type { RandomState } from '../random/random.ts';
import { nothingAllowed } from '../rollout/contract.ts';
import {
  type ActionSpace,
  EnvironmentError,
  NonFiniteError,
  type Space,
  widthOf,
} from '../rollout/environment.ts';
import { Episodes, type EpisodesState, type EpisodeSummary } from '../rollout/episodes.ts';
import { type BatchStreams, featuresOf, type VectorEnvironment } from '../rollout/vector-environment.ts';
import { GymnasiumWorld, type GymnasiumOptions, SEEDS } from './gymnasium-world.ts';
import type { Python } from './python.ts';

/** What of them a checkpoint holds: Python's episodes are not among it. */
export type GymnasiumState = {
  readonly streams: readonly RandomState[];
  /** Of copies in groups. */
  readonly starts?: readonly RandomState[];
  readonly ended: EpisodesState;
};

/**
 * N copies that Python steps at one message. Each episode begins with a seed of its copy's stream, so that more copies
 * change nothing for the first ones. Their states stay in Python: after `restore` new episodes begin.
 */
export class GymnasiumCopies implements VectorEnvironment {
  readonly id: string;
  readonly copies: number;
  readonly features: number;
  readonly actionWidth: number;
  readonly observationSpace: Space;
  readonly actionSpace: ActionSpace;
  readonly observations: Float32Array;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly finalObservations: Float32Array;
  readonly optimalActions = undefined;
  readonly actionMasks: Uint8Array | undefined;
  readonly figureNames: readonly string[] = [];
  readonly canSnapshot = true;
  readonly restartsEpisodes = true;
  onEpisode: VectorEnvironment['onEpisode'] = () => {};

  private readonly world: GymnasiumWorld;
  private readonly streams: BatchStreams['streams'];
  private readonly starts: BatchStreams['starts'];
  private readonly episodes: Episodes;
  private readonly isDiscrete: boolean;

  constructor(id: string, python: Python, options: GymnasiumOptions, { streams, starts }: BatchStreams) {
    const copies = streams.length;
    const world = new GymnasiumWorld(id, python, options, copies, true);
    this.world = world;
    this.id = id;
    this.copies = copies;
    this.streams = streams;
    this.starts = starts;
    this.observationSpace = world.made.observationSpace;
    this.actionSpace = world.made.actionSpace;
    this.features = featuresOf(this.observationSpace);
    this.actionWidth = widthOf(this.actionSpace);
    this.isDiscrete = this.observationSpace.kind === 'discrete';
    this.actionMasks = world.made.maskWidth > 0 ? world.masks : undefined;
    this.observations = new Float32Array(copies * this.features);
    this.finalObservations = new Float32Array(copies * this.features);
    this.rewards = new Float64Array(copies);
    this.terminated = new Uint8Array(copies);
    this.truncated = new Uint8Array(copies);
    this.episodes = new Episodes(copies);
    this.begin();
  }

  step(actions: Float32Array): void {
    const { world, copies, episodes } = this;
    this.writeActions(actions);
    world.step();
    this.rewards.set(world.rewards);
    let ended = 0;
    for (let i = 0; i < copies; i++) {
      const reward = this.rewards[i];
      if (!Number.isFinite(reward)) throw new NonFiniteError('reward', `${reward} in ${this.where(i)}`);
      episodes.returns[i] += reward;
      episodes.lengths[i]++;
      this.terminated[i] = world.terminated[i] === 0 ? 0 : 1;
      this.truncated[i] = this.terminated[i] === 0 && world.truncated[i] !== 0 ? 1 : 0;
      if (this.terminated[i] === 0 && this.truncated[i] === 0) continue;
      this.show(world.finals, ended++, this.finalObservations, i);
      this.onEpisode(i, episodes.returns[i], episodes.lengths[i]);
      episodes.end(i);
      world.seeds[i] = this.draw(i);
    }
    if (ended !== world.ended)
      throw new EnvironmentError(
        `${this.id}: ${ended} episodes ended, with ${world.ended} last observations`,
      );
    this.showAll();
    this.requireActions();
  }

  drainEpisodes(): EpisodeSummary {
    return this.episodes.drain();
  }

  drainFigures(): Record<string, number> {
    return {};
  }

  snapshot(): GymnasiumState {
    return {
      streams: this.streams.map((stream) => stream.snapshot()),
      ...(this.starts && { starts: this.starts.map((stream) => stream.snapshot()) }),
      ended: this.episodes.snapshot(),
    };
  }

  /** @throws RangeError for the state of another number of copies, before anything is changed */
  restore({ streams, starts, ended }: GymnasiumState): void {
    if (streams.length !== this.copies)
      throw new RangeError(`a state of ${this.copies} copies is wanted, got one of ${streams.length}`);
    this.episodes.restore(ended);
    this.episodes.returns.fill(0);
    this.episodes.lengths.fill(0);
    for (const [i, stream] of this.streams.entries()) {
      stream.restore(streams[i]);
      const start = starts?.[i];
      if (start !== undefined) this.starts?.[i].restore(start);
    }
    this.begin();
  }

  dispose(): void {
    this.world.close();
  }

  /** An episode in every copy; the seeds of those after them are drawn, too. */
  private begin(): void {
    const { world } = this;
    for (let i = 0; i < this.copies; i++) world.seeds[i] = this.draw(i);
    world.reset();
    for (let i = 0; i < this.copies; i++) world.seeds[i] = this.draw(i);
    this.showAll();
    this.requireActions();
  }

  /** @throws EnvironmentError where a mask leaves a copy nothing to do */
  private requireActions(): void {
    const { actionMasks, actionSpace, copies, world } = this;
    if (actionMasks === undefined) return;
    const M = world.made.maskWidth;
    for (let i = 0; i < copies; i++) {
      const nothing = nothingAllowed(actionSpace, actionMasks.subarray(i * M, (i + 1) * M));
      if (nothing !== undefined)
        throw new EnvironmentError(`action_mask of ${this.where(i)} rules out every ${nothing}`);
    }
  }

  private draw(i: number): number {
    return (this.starts ?? this.streams)[i].integer(SEEDS);
  }

  private writeActions(actions: Float32Array): void {
    const { actionSpace: space, actionWidth: A, world } = this;
    if (space.kind !== 'box') {
      world.actions.set(actions);
      return;
    }
    for (let i = 0; i < actions.length; i++) {
      const a = i % A;
      const action = actions[i];
      if (Number.isNaN(action))
        throw new NonFiniteError(`action[${a}]`, `NaN in ${this.where(Math.floor(i / A))}`);
      world.actions[i] = Math.min(Math.max(action, space.low[a]), space.high[a]);
    }
  }

  private showAll(): void {
    for (let i = 0; i < this.copies; i++) this.show(this.world.observations, i, this.observations, i);
  }

  /** Puts an observation of Python's where a network reads it: checked, a discrete one as one-hot. */
  private show(from: Float32Array, row: number, into: Float32Array, i: number): void {
    const D = this.features;
    if (this.isDiscrete) {
      const index = from[row];
      requireIndex(index, D, this.where(i));
      into.fill(0, i * D, (i + 1) * D);
      into[i * D + index] = 1;
      return;
    }
    for (let d = 0; d < D; d++) {
      const value = from[row * D + d];
      if (!Number.isFinite(value))
        throw new NonFiniteError(`observation[${d}]`, `${value} in ${this.where(i)}`);
      into[i * D + d] = value;
    }
  }

  private where(i: number): string {
    return `copy ${i} of ${this.id}`;
  }
}

/** @throws EnvironmentError where it is no state of a discrete space */
function requireIndex(index: number, n: number, where: string): void {
  if (Number.isInteger(index) && index >= 0 && index < n) return;
  throw new EnvironmentError(`observation must be an integer in [0, ${n - 1}], got ${index} in ${where}`);
}
