import { problemInState } from '../rollout/contract.ts';
import type { Environment, ReturnBounds, Space } from '../rollout/environment.ts';
import type { Moment } from './play.ts';

/** Rewards and observations beyond it ask for normalisation. */
const LARGE = 1000;
/** A Gaussian policy begins with mean 0 and σ 1. */
const WIDE = 20;

/** The first number that is not in its space, one sentence. */
export function outOfBounds(trace: readonly Moment[], space: Space): string | undefined {
  for (const { call, observation } of trace)
    for (const [d, value] of observation.entries()) {
      if (!Number.isFinite(value)) continue;
      if (space.kind === 'discrete') {
        if (!(Number.isInteger(value) && value >= 0 && value < space.n))
          return `${call} writes the observation ${value}, observationSpace has the integers 0 to ${space.n - 1}`;
        continue;
      }
      // Float32 rounds a bound of 4.8 to 4.800000190734863: within.
      if (value < Math.fround(space.low[d]) || value > Math.fround(space.high[d]))
        return `${call} writes observation[${d}] = ${value}, observationSpace has it in [${space.low[d]}, ${space.high[d]}]`;
    }
  return undefined;
}

export function notFinite(trace: readonly Moment[]): string | undefined {
  for (const { call, observation, reward } of trace) {
    const d = observation.findIndex((value) => !Number.isFinite(value));
    if (d >= 0) return `${call} writes observation[${d}] = ${observation[d]}`;
    if (!Number.isFinite(reward)) return `step gives the reward ${reward}`;
  }
  return undefined;
}

/** An episode that returned what none can, by what the environment says. */
export function returnProblem(
  trace: readonly Moment[],
  bounds: ReturnBounds | undefined,
  timeLimit: number | undefined,
): string | undefined {
  if (bounds === undefined) return undefined;
  let sum = 0;
  for (const { call, reward, terminated, t } of trace) {
    sum = call === 'reset' ? 0 : sum + reward;
    if (call === 'reset' || (terminated !== true && t + 1 !== timeLimit)) continue;
    const rounding = 1e-9 * (1 + Math.abs(sum));
    if (sum < bounds.least - rounding || sum > bounds.greatest + rounding)
      return `an episode returned ${sum}, returnBounds say ${bounds.least} to ${bounds.greatest}`;
  }
  return undefined;
}

/** What networks learn slowly from. */
export function scaleProblems(
  trace: readonly Moment[],
  { actionSpace, observationSpace }: Environment,
): string[] {
  const problems: string[] = [];
  const reward = largest(trace.map((moment) => moment.reward));
  if (reward > LARGE)
    problems.push(`rewards are as large as ±${reward}: beyond ±${LARGE} the value network learns slowly`);
  if (reward > 0 && reward < 1 / LARGE)
    problems.push(
      `rewards are no larger than ±${reward}: a value network begins with errors beyond ±${1 / LARGE}`,
    );
  if (observationSpace.kind === 'box')
    for (const d of observationSpace.low.keys()) {
      const value = largest(trace.map(({ observation }) => observation[d]));
      if (value <= LARGE) continue;
      problems.push(`observation[${d}] is as large as ±${value}: beyond ±${LARGE} networks learn slowly`);
      break;
    }
  if (actionSpace.kind === 'box')
    for (const [a, low] of actionSpace.low.entries()) {
      const high = actionSpace.high[a];
      if (!Number.isFinite(low) || !Number.isFinite(high)) continue;
      if (low <= 1 && high >= -1 && Math.max(-low, high) <= WIDE && high - low >= 0.1) continue;
      problems.push(
        `action[${a}] is in [${low}, ${high}]: a policy begins with mean 0 and standard deviation 1`,
      );
      break;
    }
  return problems;
}

/** Of those that are finite. */
function largest(values: readonly number[]): number {
  return values.reduce(
    (most, value) => (Number.isFinite(value) && Math.abs(value) > most ? Math.abs(value) : most),
    0,
  );
}

/** What a state may not hold, with its place; undefined: a checkpoint can keep it. */
export function stateProblem(state: unknown): string | undefined {
  return problemInState(state, (value) => {
    if (['boolean', 'number', 'string'].includes(typeof value)) return undefined;
    if (typeof value !== 'object') return `is ${value === undefined ? 'undefined' : `a ${typeof value}`}`;
    const prototype: unknown = Object.getPrototypeOf(value);
    if (Array.isArray(value) || prototype === Object.prototype || prototype === null) return undefined;
    return `is a ${(value as object).constructor?.name ?? 'object of a class'}; it may be numbers, texts, flags, null, arrays, objects, Float32Array, Float64Array and Int32Array`;
  });
}
