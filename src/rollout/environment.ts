import type { z } from 'zod';
import type { Stateful } from '../elementary/state.ts';
import type { Random } from '../random/random.ts';
import type { SequenceSpace } from '../sequence/tree.ts';
import { UserError } from '../user-error.ts';
import type { Drawing } from './drawing.ts';

/** Integers 0 … n−1. As an observation it reaches the network one-hot. */
export interface DiscreteSpace {
  readonly kind: 'discrete';
  readonly n: number;
  /** What each value is called, for printing: `left`, `down`, … */
  readonly names?: readonly string[];
  /** As that of a box: of cells of a map. */
  readonly shape?: readonly number[] | undefined;
}

/** One of `environment.wrappers` of a config, its settings filled in, where it changes what is seen. */
export interface ObservationWrapper {
  readonly kind: string;
  readonly [setting: string]: string | number;
}

/** Real vectors with bounds per dimension (±Infinity where there is none). */
export interface BoxSpace {
  readonly kind: 'box';
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly names?: readonly string[];
  /**
   * Of observations: how the numbers are arranged, the last side the fastest, `[8, 6, 3]`: a layers model takes them so, or in
   * one row. Absent: nothing is said of it.
   */
  readonly shape?: readonly number[] | undefined;
  /** Of observations: that they are the pixels of an image, by its sides in words, `84 × 84 × 3`; a layers model takes them alone. */
  readonly image?: string | undefined;
  /** Of observations: what they went through, the first innermost. Absent: nothing. */
  readonly wrappers?: readonly ObservationWrapper[] | undefined;
}

/** What an environment shows. */
export type Space = DiscreteSpace | BoxSpace;

/** Several choices at once, the c-th an integer 0 … n[c]−1. */
export interface MultiDiscreteSpace {
  readonly kind: 'multiDiscrete';
  /** [C], each ≥ 1. */
  readonly n: readonly number[];
  /** What each choice is called: `steering`, `speed`, … */
  readonly names?: readonly string[];
}

/** n bits, each 0 or 1. */
export interface MultiBinarySpace {
  readonly kind: 'multiBinary';
  readonly n: number;
  /** What each bit is called. */
  readonly names?: readonly string[];
}

/** What can be done in an environment. */
export type ActionSpace = Space | MultiDiscreteSpace | MultiBinarySpace;

/** Numbers that one element of the space is stored in: 1 for a discrete one. */
export function widthOf(space: ActionSpace): number {
  switch (space.kind) {
    case 'discrete':
      return 1;
    case 'box':
      return space.low.length;
    case 'multiDiscrete':
      return space.n.length;
    case 'multiBinary':
      return space.n;
  }
}

/** How many values the a-th number of an action has. */
export function valuesOf(space: Exclude<ActionSpace, BoxSpace>, a: number): number {
  if (space.kind === 'multiBinary') return 2;
  return space.kind === 'discrete' ? space.n : space.n[a];
}

/** Numbers that a mask of a space of actions has; 0 where it has none. */
export function maskWidthOf(space: ActionSpace): number {
  if (space.kind === 'multiBinary') return 2 * space.n;
  if (space.kind === 'multiDiscrete') return space.n.reduce((sum, n) => sum + n, 0);
  return space.kind === 'discrete' ? space.n : 0;
}

/** What one step returned besides the observation. Reused between steps. */
export interface Transition {
  reward: number;
  /** The MDP ended: the value of the next state is 0. A time limit is not the environment's concern. */
  terminated: boolean;
}

/**
 * One copy of an environment (Gymnasium's contract, without the time limit, which the vector environment
 * applies from the definition). Observations are written in place: a discrete one as its index in element 0.
 *
 * One that can `snapshot` itself lets runs be resumed: a state is what the next `step`, `actionMask` or `optimalAction` depends
 * on, the streams it draws from aside. Without it an environment trains all the same.
 */
export interface Environment extends Partial<Stateful> {
  readonly observationSpace: Space;
  readonly actionSpace: ActionSpace;
  /** Starts an episode. @param observation [widthOf(observationSpace)], written */
  reset(random: Random, observation: Float32Array): void;
  /**
   * @param action [widthOf(actionSpace)]; a discrete one is its index in element 0; of several choices the index of each,
   *   of bits 0 or 1 each; a box action is already inside the bounds
   * @param observation written: the state after the step, never that after a reset
   * @param transition written
   */
  step(action: Float32Array, random: Random, observation: Float32Array, transition: Transition): void;
  /**
   * What may be done in the current state, where that is not everything: asked after `reset` and after every `step` of an
   * episode that goes on. What it rules out has probability 0. Not of a box.
   * @param mask all ones; 0 is written for what is ruled out. Of a discrete space [n], of several choices the values of one
   *   after the other [n_1 + n_2 + …], of bits [2n]: whether the first may be 0, whether it may be 1, whether the second …
   */
  actionMask?(mask: Uint8Array): void;
  /** The best action of a discrete space in the current state, where it is known (bandits); −1 or absent otherwise. */
  optimalAction?(): number;
  /** Names of `figures`, fixed: logged as their mean over a rollout under these names (e.g. `regret`). */
  readonly figureNames?: readonly string[];
  /** Figures of the last step, in the order of `figureNames`. */
  readonly figures?: Float64Array;
  /** What the last step paid before a wrapper changed it, where one does: returns are sums of it. */
  readonly rawReward?: number;
  /** The whole model, where the environment is a table. */
  readonly tabular?: TabularModel;
  /** The whole model, where an episode is the writing of a sequence of tokens. */
  readonly sequences?: SequenceModel;
  /** One picture of the state as text, where there is one. */
  render?(): string;
  /** The same as shapes. */
  draw?(): Drawing;
}

/** A finite MDP written out: Gymnasium's `P[s][a] = [(probability, next, reward, terminated), …]`. */
export interface TabularModel {
  /** Of which environment, for what is told of it. */
  readonly name?: string;
  readonly states: number;
  readonly actions: number;
  /** [states], sums to 1. */
  readonly initial: Float64Array;
  /** Of each pair probabilities sum to 1; none where that is never asked: of what is ruled out, in a state that ends episodes. */
  transitions(state: number, action: number): readonly TabularTransition[];
  /**
   * [states, actions] row-major, 0 for what `actionMask` rules out in a state, 1 for the rest, at least one of each state; absent:
   * nothing ever is. What is ruled out has transitions too, which no policy takes.
   */
  readonly masks?: Uint8Array;
  /** For gridworlds: [rows, columns]; state = row·columns + column. */
  readonly grid?: { readonly rows: number; readonly columns: number; readonly cells: readonly string[] };
}

/** As the `next` of a transition: one of the states that episodes start in, each as likely as the others. */
export const RESTART = -1;

export interface TabularTransition {
  readonly probability: number;
  /** A state, or `RESTART`. */
  readonly next: number;
  readonly reward: number;
  readonly terminated: boolean;
}

/** A task whose episodes are sequences of tokens, an action a token, written out. */
export interface SequenceModel {
  /** What an answer may be. */
  readonly space: SequenceSpace;
  /** X: each begins as many episodes as the others. */
  readonly prompts: number;
  /** What the policy sees after so many tokens of the answer to a prompt. @param observation [D], written */
  observe(prompt: number, answer: readonly number[], observation: Float32Array): void;
  /** The return of an episode: what a whole answer is worth. */
  reward(prompt: number, answer: readonly number[]): number;
  /**
   * Whether episodes go on behind an end token up to the length of the space, when it alone is allowed (`actionMask`): all have as
   * many steps, and of what may be written nothing is ruled out.
   */
  readonly isPadded?: boolean;
  /** What it is really worth, where the reward is but a model of that. */
  readonly trueReward?: ((prompt: number, answer: readonly number[]) => number) | undefined;
}

/**
 * An environment written out, by kind. `table`: observations are the numbers of its states, rewards are expected ones.
 * `sequences`: episodes are the writing of one of them. `tooMany`: it could be, and why it is
 * not, to stand after its id.
 */
export type Enumerated =
  | { readonly kind: 'table'; readonly table: TabularModel }
  | { readonly kind: 'sequences'; readonly model: SequenceModel }
  | { readonly kind: 'tooMany'; readonly why: string };

/** What the return of an episode can be, undiscounted; infinite where that is not known. */
export interface ReturnBounds {
  readonly least: number;
  readonly greatest: number;
}

/** What `envs/registry.ts` lists: how to make copies of an environment and what is known about it. */
export interface EnvironmentDefinition<Options = unknown> {
  /** As in configs: `CartPole-v1`. */
  readonly id: string;
  /** One line. */
  readonly summary: string;
  /** Where the dynamics come from. */
  readonly source: string;
  /** Strict schema of `environment.options`: every field with default, range and meaning. */
  readonly options: z.ZodType<Options>;
  /** Options as a config may have them, to explain it with, where it cannot do without some. */
  readonly example?: Readonly<Record<string, unknown>>;
  /** Steps after which an episode is truncated; undefined: never. */
  timeLimit(options: Options): number | undefined;
  /** Steps of every episode, where all have the same number; absent or undefined: they have not. */
  episodeLength?(options: Options): number | undefined;
  /**
   * Best known or exact expected undiscounted return of an episode within the time limit.
   * @returns undefined where it depends on the seed or isn't known
   */
  bestReturn(options: Options): { readonly value: number; readonly how: string } | undefined;
  /**
   * The least and the greatest that the return of an episode can be within the time limit. Where this is not said it is
   * worked out of the table, if there is one.
   */
  returnBounds?(options: Options): ReturnBounds;
  /** Bytes that one copy holds, where its options say how many numbers that are (arms, their weights). */
  bytesPerCopy?(options: Options): number;
  /**
   * Everything that can happen, written out: what `groundTruth` computes exact figures from. An environment that cannot say
   * leaves it out, or answers undefined for the options with which it cannot, and is refused where a config asks for
   * `groundTruth`. A new kind of answer is a member of `Enumerated` and its figures in `src/train/ground-truth.ts`.
   * @param task as for `create`: what it draws is what `create` draws
   */
  enumerate?(options: Options, task: Random): Enumerated | undefined;
  /** @param task the stream that draws the task itself (arms' means): equal for every copy of a run */
  create(options: Options, task: Random): Environment;
  /** The file that it was loaded from, where it was one. */
  readonly module?: ModuleSource | undefined;
  /** Of what runs it beside leash, name → version: kept in `run.json`. */
  readonly versions?: Readonly<Record<string, string>> | undefined;
}

/** The file that an environment was loaded from. */
export interface ModuleSource {
  /** As it was named. */
  readonly path: string;
  /** SHA-256 of it and of the files that it imports by their paths, hexadecimal. */
  readonly sha256: string;
}

/**
 * A number that must be finite is not: an observation, a reward, a loss, a gradient. Not the user's mistake in
 * a config, so no UserError: the run stops, says which quantity and where, and is marked failed.
 */
export class NonFiniteError extends Error {
  /** What it is, in the words of the logged rows: `reward`, `observation[2]`, `policyLoss`. */
  readonly quantity: string;
  /** @param detail value and place, to stand after "is": `NaN in copy 3 of CartPole-v1` */
  constructor(quantity: string, detail: string) {
    super(`${quantity} is ${detail}`);
    this.name = 'NonFiniteError';
    this.quantity = quantity;
  }
}

/**
 * An environment did what its contract forbids, or threw: where it is somebody's own, that is their mistake, not a bug of
 * leash. What it threw is the `cause`, whose stack is shown.
 */
export class EnvironmentError extends UserError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, 2, options);
    this.name = 'EnvironmentError';
  }
}

/** That a part of somebody's own environment threw. */
export class ThrownError extends EnvironmentError {
  /** Anything. */
  readonly thrown: unknown;
  constructor(message: string, thrown: unknown) {
    super(message, thrown instanceof Error ? { cause: thrown } : undefined);
    this.thrown = thrown;
  }
}
