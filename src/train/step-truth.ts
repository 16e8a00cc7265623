import { exp } from '../elementary/exponential.ts';
import { createTableTruth, type KnownPolicy, type StepTruth } from '../ground-truth/table-truth.ts';
import type { Engine } from '../network/network.ts';
import { type Schedule, scheduled } from '../optimizer/schedule.ts';
import { categoricalHead } from '../policy/categorical.ts';
import type { TabularModel } from '../rollout/environment.ts';
import type { LoadedPolicy } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import type { Shown } from './input-shape.ts';
import { createStateReader, MOST_STATES, oneHotStates } from './tabular-policy.ts';

/** What is exactly true of a step of some length. */
export interface StepPoint extends StepTruth {
  /** In lengths of the step that is 1. */
  readonly size: number;
}

/** Steps from a policy along one line through its parameters. */
export interface StepLine {
  /** That of the first update, nats. */
  readonly delta: number;
  /** Mean KL of the step of length 1, nats. */
  readonly klOfOne: number;
  readonly points: readonly StepPoint[];
}

/** Mean KL over the true visitation: within the time limit where there is one. */
export function klOf({ klOldNewVisited, klOldNewDiscounted }: StepTruth): number {
  return klOldNewVisited ?? klOldNewDiscounted ?? Number.NaN;
}

/**
 * Steps of lengths 0 … reach from a policy.
 * @param world of that table
 * @param towards parameters that a step of 1 arrives at; undefined: along the exact gradient of the surrogate, the step of 1
 *   having a mean KL of `delta`
 * @throws UserError where there is no direction, the table is too large for one pass, or the policy takes its states arranged otherwise
 */
export function stepLine(
  model: TabularModel,
  world: Shown,
  { policy: { shape, parameters } }: LoadedPolicy,
  engine: Engine,
  how: {
    readonly gamma: number;
    readonly timeLimit: number | undefined;
    readonly towards: Float32Array | undefined;
    readonly delta: Schedule;
    readonly reach: number;
    readonly count: number;
  },
): StepLine {
  const { states, actions } = model;
  const { gamma, timeLimit, reach, count } = how;
  const delta = scheduled(how.delta, 1, 1);
  const head = categoricalHead(actions, engine.createTile);
  const truth = createTableTruth(model, gamma, timeLimit);
  const reader = createStateReader(states, world, shape, engine);
  try {
    const read = (theta: Float32Array): { logProbs: Float64Array; known: KnownPolicy } => {
      const logProbs = new Float64Array(states * actions);
      head.read(reader.outputs(theta), states, logProbs, model.masks);
      return { logProbs, known: truth.know(logProbs.map(exp)) };
    };
    const old = read(parameters);
    const direction = how.towards?.map((to, i) => to - parameters[i]) ?? gradientOf(old.known);
    const kl = new Float64Array(states);
    const theta = new Float32Array(parameters.length);
    const at = (length: number): StepTruth => {
      for (let i = 0; i < theta.length; i++) theta[i] = parameters[i] + length * direction[i];
      const next = read(theta);
      head.kl(old.logProbs, next.logProbs, states, kl);
      return truth.step(old.known, next.known, kl, undefined);
    };
    const one = how.towards === undefined ? lengthWithin((length) => klOf(at(length)), delta) : 1;
    // Close together where steps are short: it is there that a bound says anything.
    const sizes = Array.from({ length: count + 1 }, (_, i) => reach * (i / count) ** 3);
    const pointAt = (size: number): StepPoint => ({ size, ...at(size * one) });
    const coarse = [...new Set([...sizes, 1])].sort((a, b) => a - b).map(pointAt);
    const points = [...coarse, ...guaranteedSteps(coarse, (size) => pointAt(size).boundMeanKl).map(pointAt)];
    points.sort((a, b) => a.size - b.size);
    return { delta, klOfOne: klOf(at(one)), points };
  } finally {
    reader.dispose();
  }

  /** ∂/∂θ Σ_s ρ(s) Σ_a π(a|s)·A(s, a), ρ and A of π_old: of each logit ρ(s)·π(a|s)·A(s, a). */
  function gradientOf({ probabilities, truth: found }: KnownPolicy): Float32Array {
    if (found === undefined)
      throw new UserError('advantage.gamma is 1: there is no discounted gradient; name a policy --towards');
    if (states > MOST_STATES)
      throw new UserError(`the gradient over ${states} states is too large; name a policy --towards`);
    const network = engine.create(shape, states);
    const own = network.allocate();
    own.set(parameters);
    const dOutputs = Float32Array.from(
      probabilities,
      (p, pair) => found.visitation[Math.floor(pair / actions)] * p * found.advantages[pair],
    );
    const gradient = network.allocate();
    network.vjp(network.forward(own, oneHotStates(states), states), dOutputs, gradient);
    const result = gradient.slice();
    network.dispose();
    if (result.every((each) => each === 0))
      throw new UserError('the gradient of the surrogate is 0: nothing is better in its direction');
    return result;
  }
}

/** Steps of which the bound in the mean KL is about 0, and shorter ones: those a coarse line has too few of. */
function guaranteedSteps(
  points: readonly StepPoint[],
  boundAt: (size: number) => number | null,
): readonly number[] {
  const last = points.findLastIndex(({ size, boundMeanKl }) => size > 0 && (boundMeanKl ?? 0) > 0);
  if (last < 0 || last === points.length - 1) return [];
  let [below, above] = [points[last].size, points[last + 1].size];
  for (let i = 0; i < 10; i++) {
    const middle = (below + above) / 2;
    if ((boundAt(middle) ?? 0) > 0) below = middle;
    else above = middle;
  }
  return Array.from({ length: 24 }, (_, i) => (below * (i + 1)) / 20);
}

/** The length whose KL is `delta`, by doubling and bisection; the longest tried where none has so much. */
function lengthWithin(klAt: (length: number) => number, delta: number): number {
  let above = 1e-6;
  for (let i = 0; i < 80 && klAt(above) < delta; i++) above *= 2;
  let below = 0;
  for (let i = 0; i < 40; i++) {
    const middle = (below + above) / 2;
    if (klAt(middle) < delta) below = middle;
    else above = middle;
  }
  return above;
}
