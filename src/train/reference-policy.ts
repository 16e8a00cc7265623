import type { Config } from '../config/schema.ts';
import { exp } from '../elementary/exponential.ts';
import type { Engine } from '../network/network.ts';
import { layoutOf } from '../network/layout.ts';
import {
  chargeLaterStates,
  chargeRewards,
  driftEstimators,
  exactDriftLoss,
  type ImportanceWeights,
  sampledDriftLoss,
  type StateWeights,
  sumOverSequences,
  weighStates,
} from '../objective/reference-penalty.ts';
import { type Evaluable, readDistributions } from '../rollout/collect.ts';
import { ObservationNormalizer } from '../rollout/normalize.ts';
import type { Space } from '../rollout/environment.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { MetricsWhen } from '../row/metrics.ts';
import { headInWords, headShapeOf } from '../run/head-shape.ts';
import type { StoredPolicy } from '../run/policy-file.ts';
import { mean } from '../trust-region/measure.ts';
import { UserError } from '../user-error.ts';
import type { Agent } from './agent.ts';
import { otherArrangement } from './input-shape.ts';

type ReferenceSettings = NonNullable<Config['reference']>;

/** A policy that another is held near: what it says of a rollout, and what leaving it costs. */
export interface Reference {
  /** π_ref, as a policy file has it. */
  readonly stored: StoredPolicy;
  /** Sequences of a rollout per sample: what a KL per state comes to per sequence is it divided by this. */
  readonly sequenceShare: number;
  /** Reads a rollout just collected, by the policy that collected it: its rewards pay for the drift where they have to. */
  begin(beta: number): void;
  /** How far the policy is now, exact, over the rollout's states. */
  measure(): MetricsWhen<'reference'>;
  /** What the loss pays; undefined where the rewards do. */
  readonly loss: ReferenceLoss | undefined;
  dispose(): void;
}

/** A policy in training on some rows of its rollout. */
export interface EvaluatedRows {
  readonly size: number;
  /** [size]: which they are. */
  readonly rows: Int32Array;
  readonly distributions: Float64Array;
  readonly logProbs: Float64Array;
  readonly weights: Float64Array;
  readonly dOutputs: Float32Array;
}

/** β·KL(π‖π_ref) as part of a loss, of the rollout that began last. */
export interface ReferenceLoss {
  /** Before the forward pass of every batch: whole sequences at the policy's parameters, where the loss is of them. */
  look(): void;
  /** Adds to `weights` the slopes in the log-probabilities of the rows. @returns the loss; 0 for `exact`, whose weights alone have some */
  addSampled(batch: EvaluatedRows): number;
  /** Adds to `dOutputs`. @returns the loss; 0 but for `exact` */
  addExact(batch: EvaluatedRows): number;
}

/** @throws UserError where π_ref does not read these observations or take these actions @param place how it is called */
function requireSameSpaces(given: StoredPolicy, agent: Agent, { features }: Rollout, place: string): void {
  const { shape } = given.policy;
  const [has, needs] = [headInWords(headShapeOf(given, shape)), headInWords(agent.head)];
  if (shape.inputs === features && has === needs) return;
  throw new UserError(
    `reference.policy: ${place} maps ${shape.inputs} inputs to a ${has}, the environment needs ${features} inputs and a ${needs}`,
  );
}

/**
 * What `reference` of a config asks for, with its memory allocated once.
 * @param given π_ref
 * @param capacity most samples of one forward
 * @param observationSpace of the environment
 * @throws UserError where π_ref does not fit the environment
 */
export function createReference(
  settings: ReferenceSettings,
  given: StoredPolicy,
  agent: Agent,
  rollout: Rollout,
  engine: Engine,
  capacity: number,
  observationSpace: Space,
): Reference {
  requireSameSpaces(given, agent, rollout, settings.policy);
  if (given.observationMoments && observationSpace.kind === 'discrete')
    throw new UserError(
      `reference.policy: ${settings.policy} standardises its observations, those of the environment are discrete`,
    );
  const { head, policy } = agent;
  const { count } = rollout;
  const { placement, estimator, level, importance } = settings;
  const { network, owned } = networkOf(given, agent, engine, capacity);
  const other = otherArrangement(network, observationSpace);
  if (other !== undefined) throw new UserError(`reference.policy: ${settings.policy} ${other}`);
  const parameters = network.allocate();
  parameters.set(given.policy.parameters);
  const reference: Evaluable = { network, parameters };
  const see = createSight(given, rollout);
  const distributions = new Float64Array(count * head.width);
  const logProbs = new Float64Array(count);
  const current = new Float64Array(count * head.width);
  const prices = new Float64Array(count);
  const sums = new Float64Array(count);
  /** [T·N] where sequences are weighed: log π/π_old of the one that a row is in, or with `exact` Ω, π/π_old of what is before the row. */
  const ratios = new Float64Array(level === 'sequence' && importance !== 'none' ? count : 0);
  const apart = new Float64Array(ratios.length);
  const shares = new Float64Array(count).fill(1);
  let sequences = count;
  let beta = settings.beta;

  /** What each row costs the policy that collected it, before β. */
  const price = (): Float64Array => {
    if (estimator === 'exact') {
      head.kl(rollout.distributions, distributions, count, prices);
      if (level === 'token') return prices;
      sumOverSequences(rollout, prices, sums);
      return sums;
    }
    const { value } = driftEstimators[estimator];
    for (let i = 0; i < count; i++) prices[i] = rollout.logProbs[i] - logProbs[i];
    if (level === 'sequence') sumOverSequences(rollout, prices, sums);
    const logRatios = level === 'sequence' ? sums : prices;
    for (let i = 0; i < count; i++) prices[i] = value(logRatios[i]);
    return prices;
  };

  const charge = (): void => {
    if (placement === 'reward') chargeRewards(rollout, level, price(), beta, rollout.rewards);
    else if (estimator === 'exact' && level === 'sequence' && importance !== 'differentiable') {
      head.kl(rollout.distributions, distributions, count, prices);
      chargeLaterStates(rollout, prices, beta, rollout.rewards);
    }
  };

  const countSequences = (): void => {
    sequences = 0;
    for (let i = 0; i < count; i++) sequences += rollout.terminated[i] + rollout.truncated[i];
    sumOverSequences(rollout, prices.fill(1), shares);
    for (let i = 0; i < count; i++) shares[i] = 1 / shares[i];
  };

  const ofBatch = {
    logRatios: new Float64Array(count),
    shares: new Float64Array(count),
    importance: new Float64Array(count),
  };
  const weighed: ImportanceWeights | undefined =
    importance === 'none'
      ? undefined
      : { values: ofBatch.importance, isDifferentiable: importance === 'differentiable' };
  const weighedStates: StateWeights | undefined =
    importance === 'none' || estimator !== 'exact'
      ? undefined
      : { values: ofBatch.importance, slopes: new Float32Array(count * head.width) };

  const loss: ReferenceLoss = {
    look() {
      if (level === 'token' || (estimator === 'exact' && importance === 'none')) return;
      readDistributions(policy, head, rollout.observations, count, current, rollout.masks);
      head.logProb(current, rollout.actions, count, prices);
      for (let i = 0; i < apart.length; i++) apart[i] = prices[i] - rollout.logProbs[i];
      if (estimator === 'exact') {
        head.kl(current, distributions, count, prices);
        weighStates(rollout, apart, prices, ratios, sums);
        return;
      }
      if (importance !== 'none') sumOverSequences(rollout, apart, ratios);
      for (let i = 0; i < count; i++) prices[i] -= logProbs[i];
      sumOverSequences(rollout, prices, sums);
    },
    addSampled({ size, rows, logProbs: now, weights }) {
      if (estimator === 'exact') {
        if (importance === 'differentiable')
          for (let i = 0; i < size; i++) weights[i] += (beta * sums[rows[i]]) / size;
        return 0;
      }
      const isSequence = level === 'sequence';
      for (let i = 0; i < size; i++) {
        ofBatch.logRatios[i] = isSequence ? sums[rows[i]] : now[i] - logProbs[rows[i]];
        ofBatch.shares[i] = shares[rows[i]];
        if (importance === 'none') continue;
        ofBatch.importance[i] = exp(isSequence ? ratios[rows[i]] : now[i] - rollout.logProbs[rows[i]]);
      }
      const { logRatios, shares: own } = ofBatch;
      const k = driftEstimators[estimator];
      return sampledDriftLoss(k, logRatios, own, size, beta, weights, weighed);
    },
    addExact({ size, rows, distributions: now, dOutputs }) {
      if (estimator !== 'exact') return 0;
      const { width } = head;
      for (let i = 0; i < size; i++) {
        for (let k = 0; k < width; k++) current[i * width + k] = distributions[rows[i] * width + k];
        if (weighedStates) ofBatch.importance[i] = ratios[rows[i]];
      }
      return exactDriftLoss(head, current, now, size, beta, dOutputs, prices, weighedStates);
    },
  };

  return {
    stored: given,
    get sequenceShare() {
      return sequences / count;
    },
    begin(now) {
      beta = now;
      readDistributions(reference, head, see(), count, distributions, rollout.masks);
      head.logProb(distributions, rollout.actions, count, logProbs);
      if (level === 'sequence') countSequences();
      charge();
    },
    measure() {
      readDistributions(policy, head, rollout.observations, count, current, rollout.masks);
      head.kl(current, distributions, count, prices);
      const klPolicyReference = mean(prices, count);
      head.kl(distributions, current, count, prices);
      return { klPolicyReference, klReferencePolicy: mean(prices, count) };
    },
    loss: placement === 'loss' ? loss : undefined,
    dispose() {
      if (owned) network.dispose();
    },
  };
}

/** The policy's own network where it has the shape of π_ref, else one of its own. */
function networkOf(
  { policy: { shape } }: StoredPolicy,
  { policy }: Agent,
  engine: Engine,
  capacity: number,
): Pick<Evaluable, 'network'> & { readonly owned: boolean } {
  if (JSON.stringify(shape) === JSON.stringify(policy.network.shape))
    return { network: policy.network, owned: false };
  if (shape.model !== undefined && engine.name !== 'tfjs')
    throw new UserError(`reference.policy is a layers model, which needs engine "tfjs"`);
  return { network: engine.create(shape, capacity), owned: true };
}

/** What π_ref sees of a rollout: raw observations, standardised by its own moments where it has any. */
function createSight({ observationMoments, policy }: StoredPolicy, rollout: Rollout): () => Float32Array {
  const raw = rollout.rawObservations ?? rollout.observations;
  if (observationMoments === undefined) return () => raw;
  const normalizer = new ObservationNormalizer(policy.shape.inputs, observationMoments);
  const seen = new Float32Array(raw.length);
  return () => {
    normalizer.apply(raw, rollout.count, seen);
    return seen;
  };
}

/** A policy from a file as one that can be stored again. */
export function withLayouts(
  loaded: Omit<StoredPolicy, 'policy' | 'value'> & {
    readonly policy: Omit<StoredPolicy['policy'], 'layout'>;
    readonly value?: Omit<StoredPolicy['policy'], 'layout'> | undefined;
  },
): StoredPolicy {
  const stored = (network: Omit<StoredPolicy['policy'], 'layout'>): StoredPolicy['policy'] => ({
    ...network,
    layout: layoutOf(network.shape),
  });
  return { ...loaded, policy: stored(loaded.policy), value: loaded.value && stored(loaded.value) };
}
