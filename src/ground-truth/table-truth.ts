import type { TabularModel } from '../rollout/environment.ts';
import { optimalReturn } from '../rollout/dynamic-programming.ts';
import { asTable, type Table } from '../rollout/table.ts';
import { episodeTruth, expectedVisits } from './episodes.ts';
import { improvementOf } from './improvement.ts';
import { optimum } from './optimum.ts';
import { type PolicyTruth, policyTruth } from './policy-truth.ts';

/** A policy over all states, with what is true of it. */
export interface KnownPolicy {
  /** [states, actions] π(a|s). */
  readonly probabilities: Float64Array;
  /** undefined where γ is 1: without a time limit there may be no values. */
  readonly truth: PolicyTruth | undefined;
}

/** What is true of a step from one policy to another; null where γ or the time limit leave nothing to say. */
export interface StepTruth {
  readonly discountedReturn: number | null;
  readonly trueImprovement: number | null;
  readonly surrogateImprovement: number | null;
  readonly boundConstant: number | null;
  readonly boundMaxKl: number | null;
  readonly boundMeanKl: number | null;
  readonly klOldNewStateMax: number;
  readonly klOldNewDiscounted: number | null;
  readonly klOldNewVisited: number | null;
  readonly criticError: number | null;
  readonly discountedGap: number | null;
  readonly exactReturn: number | null;
  readonly exactImprovement: number | null;
  readonly exactPromise: number | null;
  readonly exactGap: number | null;
}

/** Everything exact about policies of a table. */
export interface TableTruth {
  readonly table: Table;
  know(probabilities: Float64Array): KnownPolicy;
  /**
   * @param kl [states] KL(π_old‖π_new), nats
   * @param critic [states] what a critic takes for V of π_old; undefined: its values are of other rewards
   */
  step(
    old: KnownPolicy,
    next: KnownPolicy,
    kl: Float64Array,
    critic: ArrayLike<number> | undefined,
  ): StepTruth;
}

/**
 * @param gamma in [0, 1]; with 1 only what a time limit bounds is computed
 * @param timeLimit steps; undefined: none
 */
export function createTableTruth(
  model: TabularModel,
  gamma: number,
  timeLimit: number | undefined,
): TableTruth {
  const table = asTable(model);
  const best = gamma < 1 ? optimum(table, gamma).truth.discountedReturn : null;
  const bestWithin = timeLimit === undefined ? undefined : optimalReturn(table, timeLimit);
  return {
    table,
    know: (probabilities) => ({
      probabilities,
      truth: gamma < 1 ? policyTruth(table, probabilities, gamma) : undefined,
    }),
    step(old, next, kl, critic) {
      return {
        ...discounted(table, gamma, old, next, kl, critic, best),
        klOldNewStateMax: kl.reduce((most, value) => Math.max(most, value), 0),
        ...withinLimit(table, timeLimit, old.probabilities, next.probabilities, kl, bestWithin),
      };
    },
  };
}

type Discounted = Omit<StepTruth, 'klOldNewStateMax' | keyof ReturnType<typeof withinLimit>>;

const NOT_DISCOUNTED: Discounted = {
  discountedReturn: null,
  trueImprovement: null,
  surrogateImprovement: null,
  boundConstant: null,
  boundMaxKl: null,
  boundMeanKl: null,
  klOldNewDiscounted: null,
  criticError: null,
  discountedGap: null,
};

function discounted(
  table: Table,
  gamma: number,
  old: KnownPolicy,
  next: KnownPolicy,
  kl: Float64Array,
  critic: ArrayLike<number> | undefined,
  best: number | null,
): Discounted {
  if (old.truth === undefined || next.truth === undefined || best === null) return NOT_DISCOUNTED;
  const step = improvementOf(
    table,
    [old.probabilities, old.truth],
    [next.probabilities, next.truth],
    kl,
    gamma,
  );
  return {
    discountedReturn: next.truth.discountedReturn,
    trueImprovement: step.improvement,
    surrogateImprovement: step.promise,
    boundConstant: step.constant,
    boundMaxKl: step.boundMaxKl,
    boundMeanKl: step.boundMeanKl,
    klOldNewDiscounted: step.klMean,
    criticError: critic === undefined ? null : errorOf(critic, old.truth),
    discountedGap: best - next.truth.discountedReturn,
  };
}

function withinLimit(
  table: Table,
  timeLimit: number | undefined,
  old: Float64Array,
  next: Float64Array,
  kl: Float64Array,
  best: number | undefined,
): Pick<StepTruth, 'klOldNewVisited' | 'exactReturn' | 'exactImprovement' | 'exactPromise' | 'exactGap'> {
  if (timeLimit === undefined)
    return {
      klOldNewVisited: null,
      exactReturn: null,
      exactImprovement: null,
      exactPromise: null,
      exactGap: null,
    };
  const before = episodeTruth(table, old, next, timeLimit);
  const { expectedReturn } = episodeTruth(table, next, next, timeLimit);
  return {
    klOldNewVisited: weightedMean(kl, expectedVisits(table, old, timeLimit)),
    exactReturn: expectedReturn,
    exactImprovement: expectedReturn - before.expectedReturn,
    exactPromise: before.promise,
    exactGap: best === undefined ? null : best - expectedReturn,
  };
}

/** Root of the mean square over the discounted visitation. */
function errorOf(critic: ArrayLike<number>, { values, visitation }: PolicyTruth): number {
  const squares = values.map((value, state) => (critic[state] - value) ** 2);
  return Math.sqrt(weightedMean(squares, visitation));
}

function weightedMean(values: Float64Array, weights: Float64Array): number {
  let [sum, total] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    // A state that nobody comes to may have any value, infinite ones too.
    if (weights[i] === 0) continue;
    sum += weights[i] * values[i];
    total += weights[i];
  }
  return sum / total;
}
