import { actionSpaceProblem, spaceProblem } from '../rollout/contract.ts';
import {
  type ActionSpace,
  EnvironmentError,
  maskWidthOf,
  type Space,
  widthOf,
} from '../rollout/environment.ts';
import {
  HEADER_BYTES,
  type Kind,
  kinds,
  MOST_WORDS,
  readWords,
  steppedLayout,
  wordsFrame,
} from './frames.ts';
import { actionSpaceOf, type ChoicesWords, spaceOf, type SpaceWords } from './gymnasium-spaces.ts';
import type { Python } from './python.ts';

/** Options go to `gymnasium.make` as they are. */
export type GymnasiumOptions = Record<string, unknown>;

/** What Python says of an environment that it made. */
export interface Made {
  readonly observationSpace: Space;
  readonly actionSpace: ActionSpace;
  readonly timeLimit: number | undefined;
  /** Numbers of a mask of actions; 0: it says none. */
  readonly maskWidth: number;
}

/** Seeds are drawn below this: 32 bits, as Gymnasium takes them. */
export const SEEDS = 2 ** 32;

let worlds = 0;

/** Copies in Python, as numbers. */
export class GymnasiumWorld {
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
