import { gymnasiumId, PYTHON } from '../config/environment-name.ts';
import { Episodes, type EpisodesState, type EpisodeSummary } from '../rollout/episodes.ts';
import {
  type ActionSpace,
  type Environment,
  EnvironmentError,
  maskWidthOf,
  NonFiniteError,
  type Space,
  type Transition,
  widthOf,
} from '../rollout/environment.ts';
import { actionSpaceProblem, nothingAllowed, shown, spaceProblem } from '../rollout/contract.ts';
import type { Random, RandomState } from '../random/random.ts';
import * as z from '../packages/zod.ts';
import type { BatchedDefinition, BatchStreams, VectorEnvironment } from '../rollout/vector-environment.ts';
import { featuresOf } from '../rollout/vector-environment.ts';
import {
  HEADER_BYTES,
  type Kind,
  kinds,
  MOST_WORDS,
  readWords,
  steppedLayout,
  wordsFrame,
} from './frames.ts';
import { shortLine } from '../user-error.ts';
import { openPython, type Python } from './python.ts';

/** Options go to `gymnasium.make` as they are. */
type GymnasiumOptions = Record<string, unknown>;

/** What Python says of an environment that it made. */
interface Made {
  readonly observationSpace: Space;
  readonly actionSpace: ActionSpace;
  readonly timeLimit: number | undefined;
  /** Numbers of a mask of actions; 0: it says none. */
  readonly maskWidth: number;
}

/** One child for all environments of an id that one Python runs in this thread. */
const opened = new Map<string, Promise<Python>>();

/**
 * An environment of Gymnasium's, run by the user's Python.
 * @param id `gym:CartPole-v1`, or with the module that registers it: `gym:my_module:MyEnv-v0`
 * @param place where it is named
 * @throws UserError in one line where there is no Python, no Gymnasium in it, or no such environment
 */
export async function gymnasiumEnvironment(
  id: string,
  place: string,
): Promise<BatchedDefinition<GymnasiumOptions>> {
  const own = gymnasiumId({ id }) as string;
  const key = `${process.env[PYTHON] ?? ''} ${own}`;
  const opening = opened.get(key) ?? openPython(own, place);
  // At once: who asks meanwhile waits for the same child.
  opened.set(key, opening);
  try {
    const python = await opening;
    if (!python.isOver) return definitionOf(id, python);
  } catch (cause) {
    forget(key, opening);
    throw cause;
  }
  forget(key, opening);
  return await gymnasiumEnvironment(id, place);
}

/** One that ended, or never began; another that came in its place stays. */
function forget(key: string, opening: Promise<Python>): void {
  if (opened.get(key) === opening) opened.delete(key);
}

let worlds = 0;

function definitionOf(id: string, python: Python): BatchedDefinition<GymnasiumOptions> {
  const known = new Map<string, Made>();
  // Asked once for each options: what they are is asked more often than one would think.
  const describe = (options: GymnasiumOptions): Made => {
    const key = JSON.stringify(options);
    const found = known.get(key);
    if (found !== undefined) return found;
    const world = new World(id, python, options, 1, false);
    world.close();
    known.set(key, world.made);
    return world.made;
  };
  return {
    id,
    summary: '',
    source: `Gymnasium ${python.versions.gymnasium}, run by ${python.python}`,
    options: z.record(z.string(), z.unknown()),
    versions: python.versions,
    timeLimit: (options) => describe(options).timeLimit,
    bestReturn: () => undefined,
    create: (options) => new SingleCopy(id, python, options, describe(options)),
    createBatch: (options, streams) => new GymnasiumCopies(id, python, options, streams),
  };
}

/** Copies in Python, as numbers. */
class World {
  readonly made: Made;
  /** Of the last exchange, where its answer has them. */
  observations: Float32Array;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  /** [copies, M], empty where it says no masks: what may be done now, as `Environment.actionMask`. */
  readonly masks: Uint8Array;
  /** Rows of the copies whose episodes ended, one after the other. */
  readonly finals: Float32Array;
  /** How many. */
  ended = 0;
  /** Of the next step: to be written. */
  readonly actions: Float32Array;
  /** Of the episodes that begin next: to be written. */
  readonly seeds: Uint32Array;

  private readonly id: string;
  private readonly python: Python;
  private readonly world: number;
  private readonly resetFrame: Uint8Array;
  private readonly resetSeeds: Uint32Array;
  private readonly stepFrame: Uint8Array;
  private readonly answer: Uint8Array;
  /** As the answers to reset and step have them. */
  private readonly begun: Float32Array;
  private readonly stepped: Float32Array;
  private readonly begunMasks: Uint8Array;
  private readonly steppedMasks: Uint8Array;
  /** Bytes of an answer to step without last observations, and of one of those. */
  private readonly least: number;
  private readonly row: number;
  private readonly copies: number;

  constructor(id: string, python: Python, options: GymnasiumOptions, copies: number, autoreset: boolean) {
    this.id = id;
    this.python = python;
    this.world = ++worlds;
    this.made = madeBy(python, this.world, id, { options, copies, autoreset });
    const D = widthOf(this.made.observationSpace);
    const A = widthOf(this.made.actionSpace);
    const M = this.made.maskWidth;
    const layout = steppedLayout(copies, D, M);
    this.least = layout.finals;
    this.row = 4 * D;
    this.copies = copies;
    this.stepFrame = new Uint8Array(HEADER_BYTES + 4 * copies * (A + 1));
    this.actions = new Float32Array(this.stepFrame.buffer, HEADER_BYTES, copies * A);
    this.seeds = new Uint32Array(this.stepFrame.buffer, HEADER_BYTES + 4 * copies * A, copies);
    this.resetFrame = new Uint8Array(HEADER_BYTES + 4 * copies);
    this.resetSeeds = new Uint32Array(this.resetFrame.buffer, HEADER_BYTES, copies);
    const { buffer } = new Uint8Array(HEADER_BYTES + layout.finals + 4 * copies * D);
    const at = (place: number): number => HEADER_BYTES + place;
    this.answer = new Uint8Array(buffer);
    this.rewards = new Float64Array(buffer, at(0), copies);
    this.stepped = new Float32Array(buffer, at(layout.observations), copies * D);
    this.terminated = new Uint8Array(buffer, at(layout.terminated), copies);
    this.truncated = new Uint8Array(buffer, at(layout.truncated), copies);
    this.finals = new Float32Array(buffer, at(layout.finals), copies * D);
    this.begun = new Float32Array(buffer, at(0), copies * D);
    this.begunMasks = new Uint8Array(buffer, at(4 * copies * D), copies * M);
    this.steppedMasks = new Uint8Array(buffer, at(layout.masks), copies * M);
    this.observations = this.begun;
    this.masks = new Uint8Array(copies * M);
  }

  /** Begins an episode in every copy, with the seeds. */
  reset(): void {
    this.resetSeeds.set(this.seeds);
    const { resetFrame: frame, begun, begunMasks } = this;
    const bytes = begun.byteLength + begunMasks.byteLength;
    this.ask(kinds.reset, frame, kinds.observed, bytes, 0, `reset ${this.id}`);
    this.observations = begun;
    this.masks.set(begunMasks);
  }

  /** A step of every copy, with the actions; where an episode ends with it, the next has begun with its seed. */
  step(): void {
    const { stepFrame: frame, least, copies } = this;
    const body = this.ask(kinds.step, frame, kinds.stepped, least, copies, `step ${this.id}`);
    this.ended = (body.length - least) / this.row;
    this.observations = this.stepped;
    if (this.masks.length > 0) this.masks.set(this.steppedMasks);
  }

  close(): void {
    if (this.python.isOver) return;
    this.ask(kinds.close, new Uint8Array(HEADER_BYTES), kinds.closed, 0, 0, `close ${this.id}`);
  }

  private ask(
    kind: Kind,
    frame: Uint8Array,
    expect: Kind,
    least: number,
    rows: number,
    doing: string,
  ): Uint8Array {
    const { python, world, answer, row } = this;
    return python.ask({ kind, world, frame, expect, answer, least, row, rows, doing });
  }
}

/** Lets Python make copies. @throws EnvironmentError where it cannot, or leash has no head for their actions */
function madeBy(
  python: Python,
  world: number,
  id: string,
  asked: { readonly options: GymnasiumOptions; readonly copies: number; readonly autoreset: boolean },
): Made {
  const frame = wordsFrame(kinds.make, world, 0, asked);
  const answer = python.ask({
    ...{ kind: kinds.make, world, frame, expect: kinds.made },
    ...{ answer: new Uint8Array(1 << 16), least: 0, row: 1, rows: MOST_WORDS },
    doing: `make ${id}`,
  });
  const { observation, action, timeLimit, masked } = readWords(answer) as {
    readonly observation: SpaceWords;
    readonly action: SpaceWords | ChoicesWords;
    readonly timeLimit: number | null;
    readonly masked?: boolean;
  };
  const observationSpace = spaceOf(observation, 'observations', id);
  const actionSpace = actionSpaceOf(action, id);
  const problems = { observations: spaceProblem(observationSpace), actions: actionSpaceProblem(actionSpace) };
  for (const [what, problem] of Object.entries(problems))
    if (problem !== undefined) throw new EnvironmentError(`the space of ${what} of ${id} ${problem}`);
  return {
    observationSpace,
    actionSpace,
    timeLimit: timeLimit ?? undefined,
    maskWidth: masked ? maskWidthOf(actionSpace) : 0,
  };
}

/** A bound as JSON has it. */
type Bound = number | '-Infinity' | 'Infinity';

type SpaceWords =
  | { readonly kind: 'discrete'; readonly n: number }
  | {
      readonly kind: 'box';
      readonly low: readonly Bound[];
      readonly high: readonly Bound[];
      readonly shape?: readonly number[];
      readonly image?: string;
    };

type ChoicesWords =
  | { readonly kind: 'multiDiscrete'; readonly n: readonly number[] }
  | { readonly kind: 'multiBinary'; readonly n: number };

function actionSpaceOf(words: SpaceWords | ChoicesWords, id: string): ActionSpace {
  return words.kind === 'multiDiscrete' || words.kind === 'multiBinary'
    ? words
    : spaceOf(words, 'actions', id);
}

function spaceOf(words: SpaceWords, what: string, id: string): Space {
  switch (words.kind) {
    case 'discrete':
      return words;
    case 'box':
      return {
        kind: 'box',
        low: words.low.map(Number),
        high: words.high.map(Number),
        ...(words.shape !== undefined && { shape: words.shape }),
        ...(words.image !== undefined && { image: shortLine(String(words.image)) }),
      };
    default:
      throw new EnvironmentError(
        `the ${what} of ${id} are ${shown((words as { kind?: unknown }).kind)}, which leash does not know`,
      );
  }
}

/** Seeds are drawn below this: 32 bits, as Gymnasium takes them. */
const SEEDS = 2 ** 32;

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
class GymnasiumCopies implements VectorEnvironment {
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

  private readonly world: World;
  private readonly streams: BatchStreams['streams'];
  private readonly starts: BatchStreams['starts'];
  private readonly episodes: Episodes;
  private readonly isDiscrete: boolean;

  constructor(id: string, python: Python, options: GymnasiumOptions, { streams, starts }: BatchStreams) {
    const copies = streams.length;
    const world = new World(id, python, options, copies, true);
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

/**
 * One copy, for what looks at copies one by one, wrappers and check-env; Python makes it when it is first reset. Its time limit is
 * leash's to apply, so that no other cut can be told.
 */
class SingleCopy implements Environment {
  readonly observationSpace: Space;
  readonly actionSpace: ActionSpace;
  readonly actionMask?: (mask: Uint8Array) => void;
  private readonly make: () => World;
  private readonly id: string;
  private readonly timeLimit: number | undefined;
  private world: World | undefined;
  private steps = 0;

  constructor(id: string, python: Python, options: GymnasiumOptions, made: Made) {
    this.id = id;
    this.timeLimit = made.timeLimit;
    this.observationSpace = made.observationSpace;
    this.actionSpace = made.actionSpace;
    this.make = () => new World(id, python, options, 1, false);
    if (made.maskWidth > 0)
      this.actionMask = (mask) => {
        if (this.world) mask.set(this.world.masks);
      };
  }

  reset(random: Random, observation: Float32Array): void {
    this.world ??= this.make();
    this.world.seeds[0] = random.integer(SEEDS);
    this.world.reset();
    this.steps = 0;
    observation.set(this.world.observations);
  }

  step(action: Float32Array, _random: Random, observation: Float32Array, transition: Transition): void {
    const { world } = this;
    if (world === undefined) throw new EnvironmentError('step comes after reset');
    world.actions.set(action);
    world.step();
    observation.set(world.observations);
    transition.reward = world.rewards[0];
    transition.terminated = world.terminated[0] !== 0;
    this.steps += 1;
    if (world.truncated[0] !== 0 && !transition.terminated && this.steps !== this.timeLimit)
      throw new EnvironmentError(
        `${this.id} cuts its episodes itself, here in step ${this.steps}: it takes no wrappers, and no check, which know its time limit alone`,
      );
  }
}
