import type { Environment, EnvironmentDefinition, ObservationWrapper } from '../rollout/environment.ts';
import type { BatchedDefinition } from '../rollout/vector-environment.ts';
import { UserError } from '../user-error.ts';
import { clipAction } from './clip-action.ts';
import { clipReward } from './clip-reward.ts';
import { around, Mismatch, type WrapperDefinition } from './definition.ts';
import { flattenObservation } from './flatten-observation.ts';
import { repeatAction } from './repeat-action.ts';
import { rescaleObservation } from './rescale-observation.ts';
import { scaleReward } from './scale-reward.ts';
import type { WrapperSettingName, WrapperSettingValues } from './settings.ts';
import { stackObservations } from './stack-observations.ts';
import { stickyActions } from './sticky-actions.ts';
import { timeLimit } from './time-limit.ts';

/** Every wrapper of single copies that a config can name. */
export const wrappers = [
  timeLimit,
  repeatAction,
  stickyActions,
  clipAction,
  scaleReward,
  clipReward,
  flattenObservation,
  rescaleObservation,
  stackObservations,
] as const;

type Definitions = (typeof wrappers)[number];
export type WrapperKind = Definitions['kind'];

/** One of `environment.wrappers` of a config, every setting of its kind there. */
export type Wrapper = {
  [D in Definitions as D['kind']]: { readonly kind: D['kind'] } & Pick<
    WrapperSettingValues,
    D['settings'][number]
  >;
}[WrapperKind];

/** Finds what a config names: a built-in environment, or a file's, wrapped. @throws UserError where there is none */
export type ResolveEnvironment = (
  named: (
    | { readonly id: string; readonly module?: undefined }
    | { readonly id?: undefined; readonly module: string }
  ) & { readonly wrappers?: readonly Wrapper[] },
  /** Where it is named, for what is told of it. */
  place?: string,
) => Promise<EnvironmentDefinition>;

/** That a wrapper cannot stand around the environment of a config. */
export class WrapperError extends UserError {}

/** @throws Error for a kind that is none */
export function wrapperOf(kind: WrapperKind): WrapperDefinition<WrapperKind, WrapperSettingName> {
  const found = wrappers.find((each) => each.kind === kind);
  if (found === undefined) throw new Error(`no wrapper ${kind}`);
  return found as WrapperDefinition<WrapperKind, WrapperSettingName>;
}

/** The time limit of an environment within its wrappers, outermost last. */
function limitWithin(limit: number | undefined, inside: readonly Wrapper[]): number | undefined {
  return inside.reduce((below: number | undefined, each) => {
    const { timeLimit: within } = wrapperOf(each.kind);
    return within === undefined ? below : within(below, each as unknown as WrapperSettingValues);
  }, limit);
}

/**
 * An environment with the wrappers of a config around it, the first innermost; without any it is the environment itself.
 * Returns stay sums of the rewards that it pays, before any wrapper.
 */
export function wrap<Options>(
  definition: EnvironmentDefinition<Options>,
  given: readonly Wrapper[] = [],
): EnvironmentDefinition<Options> {
  if (given.length === 0) return definition;
  // Wrappers stand around single copies: what makes many at once makes one after the other.
  const {
    bestReturn: _,
    createBatch: __,
    returnBounds,
    episodeLength,
    enumerate,
    ...rest
  } = definition as EnvironmentDefinition<Options> & Partial<BatchedDefinition<Options>>;
  const kinds = given.map(({ kind }) => wrapperOf(kind));
  const isCutOnly = kinds.every((kind) => kind.wrap === undefined);
  return {
    ...rest,
    timeLimit: (options) => limitWithin(definition.timeLimit(options), given),
    create: (options, task) =>
      copyWithin(definition.create(options, task), definition.timeLimit(options), given),
    bestReturn: kinds.every(({ keeps }) => keeps.bestReturn)
      ? (options) => definition.bestReturn(options)
      : () => undefined,
    ...(returnBounds !== undefined &&
      kinds.every(({ keeps }) => keeps.returnBounds) && {
        returnBounds: (options) => returnBounds.call(definition, options),
      }),
    ...(episodeLength !== undefined && {
      episodeLength(options) {
        const whole = episodeLength.call(definition, options);
        const limit = limitWithin(definition.timeLimit(options), given);
        const length = limitWithin(whole, given);
        // One that is cut is no whole sequence.
        return whole === undefined || (isCutOnly && length !== whole) || (limit ?? whole) < (length ?? 0)
          ? undefined
          : length;
      },
    }),
    ...(enumerate !== undefined &&
      isCutOnly && {
        enumerate(options, task) {
          const found = enumerate.call(definition, options, task);
          return found?.kind === 'sequences' ? undefined : found;
        },
      }),
  };
}

function copyWithin(inner: Environment, limit: number | undefined, given: readonly Wrapper[]): Environment {
  const paid = { reward: 0 };
  const keepsRaw = given.some(({ kind }) => wrapperOf(kind).changesRewards);
  let environment = keepsRaw ? counting(inner, paid) : inner;
  const seen: ObservationWrapper[] = [];
  for (const [i, each] of given.entries()) {
    const settings = each as unknown as WrapperSettingValues;
    const within = { environment, timeLimit: limitWithin(limit, given.slice(0, i)) };
    const wrapper = wrapperOf(each.kind);
    try {
      environment = wrapper.wrap?.(within, settings) ?? environment;
    } catch (cause) {
      if (!(cause instanceof Mismatch)) throw cause;
      throw new WrapperError(`environment.wrappers.${i} (${each.kind}) ${cause.message}`);
    }
    if (!wrapper.changesObservations) continue;
    seen.push(each);
    const value = { ...environment.observationSpace, wrappers: [...seen] };
    Object.defineProperty(environment, 'observationSpace', { value, enumerable: true });
  }
  return keepsRaw ? withRawReward(environment, paid) : environment;
}

/** Adds up what the environment itself pays. */
function counting(inner: Environment, paid: { reward: number }): Environment {
  return around(inner, {
    step(action, random, observation, transition) {
      inner.step(action, random, observation, transition);
      paid.reward += transition.reward;
    },
  });
}

/** Tells what was paid in the last step, which may be several of the environment. */
function withRawReward(inner: Environment, paid: { reward: number }): Environment {
  const outer = around(inner, {
    step(action, random, observation, transition) {
      paid.reward = 0;
      inner.step(action, random, observation, transition);
    },
  });
  return Object.defineProperty(outer, 'rawReward', { get: () => paid.reward, enumerable: true });
}
