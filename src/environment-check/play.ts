import { type Random, type RandomState, randomStream } from '../random/random.ts';
import { nothingAllowed, promiseProblem, shown, watch, watchMask } from '../rollout/contract.ts';
import {
  type ActionSpace,
  type Environment,
  maskWidthOf,
  type Transition,
  valuesOf,
  widthOf,
} from '../rollout/environment.ts';

/** What one call of `reset` or `step` gave. */
export interface Moment {
  readonly call: 'reset' | 'step';
  /** From 0, within its episode; of a reset 0. */
  readonly t: number;
  readonly observation: readonly number[];
  /** 0 where it gave none. */
  readonly reward: number;
  /** As it was written: anything. */
  readonly terminated: unknown;
  /** Of a step: what was done, and the mask that it was drawn under, where there is one. */
  readonly action?: readonly number[];
  readonly mask?: readonly number[] | undefined;
}

/** That a call did what its contract forbids. */
export interface Complaint {
  readonly check: 'promise' | 'length' | 'reward' | 'terminated' | 'action' | 'mask' | 'figures';
  /** One sentence. */
  readonly words: string;
}

/** A copy of an environment that is played on by random actions, call by call. */
export interface Player {
  readonly environment: Environment;
  /** Of what was wrong with a call itself, each kind once: what it wrote, or left unwritten. */
  readonly complaints: readonly Complaint[];
  /** The next step, or the reset that begins an episode. */
  next(): Moment;
  /** From here on its actions are those of another number. */
  drawActionsOf(seed: number): void;
  /** Where it is, the environment's own state aside. */
  save(): PlayerState;
  load(state: PlayerState): void;
}

/** Streams, place in the episode and the last observation. */
interface PlayerState {
  readonly t: number;
  readonly random: RandomState;
  readonly actions: RandomState;
  readonly observation: readonly number[];
}

/**
 * @param seed of actions and of what the environment draws
 * @param limit steps after which an episode is begun anew
 */
export function createPlayer(environment: Environment, seed: number, limit: number): Player {
  const { observationSpace, actionSpace } = environment;
  const width = widthOf(observationSpace);
  const random = randomStream(seed, 'check/environment');
  const actions = randomStream(seed, 'check/action');
  const action = new Float32Array(widthOf(actionSpace));
  const complaints: Complaint[] = [];
  const complain: Complain = (check, words) => {
    if (words !== undefined && !complaints.some((each) => each.check === check))
      complaints.push({ check, words });
  };
  let t = -1;
  // One place for all calls, as in training: a step may leave what it does not change.
  const { observation: place, problem } = watch(width);
  const watched = (call: 'reset' | 'step', write: (observation: Float32Array) => unknown): number[] => {
    const returned = write(place);
    const promised = promiseProblem(returned);
    complain('promise', promised && `${call} ${promised}`);
    complain('length', problem(call, true));
    return Array.from(place);
  };
  return {
    environment,
    complaints,
    next() {
      if (t < 0) {
        t = 0;
        const observation = watched('reset', (each) => environment.reset(random, each));
        return { call: 'reset', t: 0, observation, reward: 0, terminated: false };
      }
      const mask = maskOf(environment);
      const allowed = mask?.allowed;
      complain('mask', mask?.problem);
      drawAction(actionSpace, actions, action, allowed);
      const given = action.slice();
      const transition = { reward: UNSET, terminated: undefined as unknown };
      const observation = watched('step', (each) =>
        environment.step(action, random, each, transition as Transition),
      );
      if (given.some((each, a) => !Object.is(each, action[a])))
        complain('action', 'step changes the action that it is given');
      complainOfFigures(environment, complain);
      const other = Object.keys(transition).find((key) => !TRANSITION.has(key));
      if (other !== undefined) complain('terminated', `step sets transition.${other}, which nobody reads`);
      const { reward, terminated } = transition;
      if (reward === UNSET) complain('reward', 'step leaves transition.reward as it was');
      else if (typeof reward !== 'number')
        complain('reward', `step sets transition.reward to ${shown(reward)}`);
      if (typeof terminated !== 'boolean')
        complain(
          'terminated',
          terminated === undefined
            ? 'step leaves transition.terminated as it was'
            : `step sets transition.terminated to ${shown(terminated)}`,
        );
      const isGiven = typeof reward === 'number' && reward !== UNSET;
      const moment: Moment = {
        ...{ call: 'step', t, observation, reward: isGiven ? reward : 0, terminated },
        ...{ action: Array.from(given), mask: allowed && Array.from(allowed) },
      };
      t++;
      if (terminated === true || t >= limit) t = -1;
      return moment;
    },
    drawActionsOf: (other) => actions.restore(randomStream(other, 'check/action').snapshot()),
    save: () => ({
      t,
      random: random.snapshot(),
      actions: actions.snapshot(),
      observation: Array.from(place),
    }),
    load(state) {
      t = state.t;
      random.restore(state.random);
      actions.restore(state.actions);
      place.set(state.observation);
    },
  };
}

type Complain = (check: Complaint['check'], words: string | undefined) => void;

/** Of what an environment says beside its transitions. */
function complainOfFigures(environment: Environment, complain: Complain): void {
  const { actionSpace, figureNames = [], figures = [] } = environment;
  if (figureNames.length !== figures.length)
    complain('figures', `figureNames has ${figureNames.length} names, figures ${figures.length} numbers`);
  const wrong = figures.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) complain('figures', `figures[${wrong}] (${figureNames[wrong]}) is ${figures[wrong]}`);
  if (actionSpace.kind !== 'discrete') return;
  const best = environment.optimalAction?.() ?? -1;
  if (!(Number.isInteger(best) && best >= -1 && best < actionSpace.n))
    complain('figures', `optimalAction gives ${shown(best)}, actions are 0 to ${actionSpace.n - 1}`);
}

/** What a step writes beside the observation. */
const TRANSITION: ReadonlySet<string> = new Set(['reward', 'terminated'] satisfies (keyof Transition)[]);

/** A reward that nobody gives. */
const UNSET = -1.2345678901234e300;

/** What may be done now; undefined where everything may. */
function maskOf(environment: Environment): { allowed?: Uint8Array; problem?: string } | undefined {
  const { actionSpace } = environment;
  if (environment.actionMask === undefined) return undefined;
  const width = maskWidthOf(actionSpace);
  if (width === 0)
    return { problem: 'actionMask is there, and actions are a box: nothing of it can be ruled out' };
  const { mask, problem } = watchMask(width);
  const given: unknown = environment.actionMask(mask);
  const numbers = Uint8Array.from(mask);
  const odd = problem();
  // An arrow may give what an expression gives: the mask itself, or a number.
  const isRead = typeof given !== 'object' || given === mask || given instanceof Uint8Array;
  const wrong =
    (odd && `actionMask ${odd}`) ??
    (isRead ? undefined : `actionMask returns ${shown(given)}, which nobody reads: it writes in place`);
  const nothing = nothingAllowed(actionSpace, numbers);
  if (nothing !== undefined) return { problem: `actionMask rules out every ${nothing}` };
  return { allowed: numbers, ...(wrong !== undefined && { problem: wrong }) };
}

/** Each action as likely as another; where there are no bounds, standard normal. @param allowed the mask, where there is one */
function drawAction(space: ActionSpace, random: Random, action: Float32Array, allowed?: Uint8Array): void {
  if (space.kind !== 'box') {
    let from = 0;
    for (let a = 0; a < action.length; a++) {
      const values = Array.from({ length: valuesOf(space, a) }, (_, value) => value);
      const some = values.filter((value) => allowed?.[from + value] !== 0);
      action[a] = some[random.integer(some.length)];
      from += values.length;
    }
    return;
  }
  for (let a = 0; a < action.length; a++) {
    const [low, high] = [space.low[a], space.high[a]];
    const isBounded = Number.isFinite(low) && Number.isFinite(high);
    const drawn = isBounded ? low + (high - low) * random.uniform() : random.normal();
    action[a] = Math.min(Math.max(drawn, low), high);
  }
}

/** So many calls. */
export function play(player: Player, calls: number): Moment[] {
  return Array.from({ length: calls }, () => player.next());
}

/** Where two plays of the same actions first differ, in words; undefined: nowhere. */
export function firstDifference(a: readonly Moment[], b: readonly Moment[]): string | undefined {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [one, other] = [a[i], b[i]] as [Moment, Moment];
    const at = one.call === 'reset' ? 'after a reset' : `in step ${one.t + 1} of an episode`;
    // What was drawn is drawn from it.
    const ruled = one.mask?.findIndex((each, k) => each !== other.mask?.[k]) ?? -1;
    if (ruled >= 0)
      return `mask[${ruled}] is ${one.mask?.[ruled]} and ${other.mask?.[ruled]} before step ${one.t + 1}`;
    const d = one.observation.findIndex((each, k) => !Object.is(each, other.observation[k]));
    if (d >= 0) return `observation[${d}] is ${one.observation[d]} and ${other.observation[d]} ${at}`;
    if (!Object.is(one.reward, other.reward)) return `the reward is ${one.reward} and ${other.reward} ${at}`;
    if (one.terminated !== other.terminated)
      return `terminated is ${String(one.terminated)} and ${String(other.terminated)} ${at}`;
  }
  return undefined;
}
