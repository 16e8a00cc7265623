import type { StateValue, Stateful } from '../elementary/state.ts';
import type { ActionSpace, BoxSpace, Environment, Space } from '../rollout/environment.ts';
import type { WrapperSettingName, WrapperSettingValues } from './settings.ts';

/** What a wrapper stands around. */
export interface Wrapped {
  readonly environment: Environment;
  /** Steps of it after which an episode is cut; undefined: never. */
  readonly timeLimit: number | undefined;
}

/** A wrapper: what a config calls it, which settings it has and what it makes of an environment. */
export interface WrapperDefinition<Kind extends string, Name extends WrapperSettingName> {
  readonly kind: Kind;
  /** One sentence, for docs/configs.md and docs/environments.md. */
  readonly meaning: string;
  /** Where it comes from. */
  readonly source: string;
  readonly settings: readonly Name[];
  /** What is known of the returns of the environment and stays true; returns are sums of raw rewards. */
  readonly keeps: { readonly bestReturn: boolean; readonly returnBounds: boolean };
  /** Whether what a policy sees is other than the environment's: a policy is only used behind the same ones. */
  readonly changesObservations: boolean;
  /** Whether rewards are others than the environment's, so that raw ones have to be kept. */
  readonly changesRewards?: true;
  /** The time limit in steps of what is wrapped. @param limit of what it stands around */
  timeLimit?(limit: number | undefined, settings: Pick<WrapperSettingValues, Name>): number | undefined;
  /**
   * One copy, wrapped. Absent where only the time limit changes.
   * @throws Mismatch where it cannot stand around this one
   */
  wrap?(inner: Wrapped, settings: Pick<WrapperSettingValues, Name>): Environment;
}

/** Defines a wrapper: the types of its settings are those of their names. */
export function defineWrapper<const Kind extends string, const Name extends WrapperSettingName>(
  wrapper: WrapperDefinition<Kind, Name>,
): WrapperDefinition<Kind, Name> {
  return wrapper;
}

/** That a wrapper cannot stand around an environment: why, to stand after the place of the wrapper. */
export class Mismatch extends Error {}

/** Which parts of an environment its wrappers pass on: not what is exact of it alone. Closed by the compiler. */
const PASSED: Readonly<Record<keyof Environment, boolean>> = {
  observationSpace: false,
  actionSpace: false,
  reset: false,
  step: false,
  snapshot: false,
  restore: false,
  rawReward: false,
  tabular: false,
  sequences: false,
  actionMask: true,
  optimalAction: true,
  figureNames: true,
  figures: true,
  render: true,
  draw: true,
};
const passed = (Object.keys(PASSED) as (keyof Environment)[]).filter((name) => PASSED[name]);

/** @throws Mismatch where what may be done in one step may not be in the next, so that nothing is done again */
export function requireUnmasked({ actionMask }: Environment): void {
  if (actionMask !== undefined)
    throw new Mismatch('does actions again, and the environment rules some out (actionMask)');
}

/** What a wrapper does otherwise than what it stands around. */
interface Changes {
  readonly observationSpace?: Space;
  readonly actionSpace?: ActionSpace;
  readonly reset?: Environment['reset'];
  readonly step?: Environment['step'];
  /** What its next step depends on, beside the state of the environment. */
  readonly state?: Stateful;
}

/** An environment that does what the inner one does, but for the changes. */
export function around(inner: Environment, changes: Changes): Environment {
  const environment: Environment = {
    observationSpace: changes.observationSpace ?? inner.observationSpace,
    actionSpace: changes.actionSpace ?? inner.actionSpace,
    reset: changes.reset ?? ((random, observation) => inner.reset(random, observation)),
    step:
      changes.step ??
      ((action, random, observation, transition) => inner.step(action, random, observation, transition)),
    ...statefulAround(inner, changes.state),
  };
  for (const name of passed) {
    const value = inner[name];
    if (value === undefined) continue;
    // A field may be another object after a step.
    const get = typeof value === 'function' ? () => value.bind(inner) : () => inner[name];
    Object.defineProperty(environment, name, { get, enumerable: true });
  }
  return environment;
}

function statefulAround(inner: Environment, own: Stateful | undefined): Partial<Stateful> {
  const { snapshot, restore } = inner;
  if (snapshot === undefined || restore === undefined) return {};
  if (own === undefined)
    return { snapshot: () => snapshot.call(inner), restore: (state) => restore.call(inner, state) };
  return {
    snapshot: () => ({ inner: snapshot.call(inner), own: own.snapshot() }),
    restore(state) {
      const { inner: below, own: mine } = state as { inner: StateValue; own: StateValue };
      restore.call(inner, below);
      own.restore(mine);
    },
  };
}

/**
 * An environment that shows other observations.
 * @param raw what the inner one writes; it is kept between steps
 * @param show writes what is shown of it
 */
export function shownAs(
  inner: Environment,
  observationSpace: Space,
  raw: Float32Array,
  show: (observation: Float32Array) => void,
): Environment {
  return around(inner, {
    observationSpace,
    reset(random, observation) {
      inner.reset(random, raw);
      show(observation);
    },
    step(action, random, observation, transition) {
      inner.step(action, random, raw, transition);
      show(observation);
    },
    state: keptNumbers(raw),
  });
}

/** @throws Mismatch where observations are discrete */
export function requireBox({ observationSpace: space }: Environment): BoxSpace {
  if (space.kind === 'box') return space;
  throw new Mismatch('needs box observations, those there are discrete; put flattenObservation before it');
}

/** An array that is kept between steps, since a step may leave of an observation what it does not change. */
export function keptNumbers(numbers: Float32Array): Stateful<Float32Array> {
  return { snapshot: () => numbers.slice(), restore: (state) => numbers.set(state) };
}
