import { probabilityRatios } from '../objective/surrogate.ts';
import { readDistributions } from '../rollout/collect.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { VectorEnvironment } from '../rollout/vector-environment.ts';
import { ratioQuantiles } from '../trust-region/ledger.ts';
import { mean } from '../trust-region/measure.ts';
import type { Agent } from './agent.ts';
import { namesOf, readable } from './tell-episode.ts';

/** A policy in the middle of an update, over the whole rollout that the update learns from, everything exact. */
export interface Standstill extends ReturnType<typeof ratioQuantiles> {
  /** Mean KL(π_old‖π) over the states, nats. */
  readonly klOldNew: number;
  /** Mean KL(π‖π_old), nats. */
  readonly klNewOld: number;
  /** Mean entropy of π, nats. */
  readonly entropy: number;
  /** mean(ratio·Â) [TRPO, eq. 14]: what every objective begins as, Â as the rollout holds them. */
  readonly surrogate: number;
  /** The same of π_old: mean(Â). */
  readonly surrogateOld: number;
  /** The state in which π moved most. */
  readonly farthest: {
    /** What the policy sees; of discrete observations the number of the state alone. */
    readonly observation: readonly number[];
    /** KL(π_old‖π) there, nats. */
    readonly kl: number;
    /** Probabilities of actions, or means and then standard deviations; none of several choices or bits. */
    readonly old: readonly number[];
    readonly now: readonly number[];
  };
  /** What each action, or dimension of one, is called. */
  readonly actions: readonly string[];
}

/** @returns measures the policy as it is then; its memory is allocated by the first call */
export function createStandstill(
  { head, policy }: Agent,
  rollout: Rollout,
  { observationSpace, actionSpace }: Pick<VectorEnvironment, 'observationSpace' | 'actionSpace'>,
): () => Standstill {
  const { count, features, observations, masks, actions, advantages, distributions: old } = rollout;
  const { width } = head;
  const allocate = () => ({
    now: new Float64Array(count * width),
    logProbs: new Float64Array(count),
    logRatios: new Float64Array(count),
    ratios: new Float64Array(count),
    scratch: new Float64Array(count),
  });
  let memory: ReturnType<typeof allocate> | undefined;
  return () => {
    memory ??= allocate();
    const { now, logProbs, logRatios, ratios, scratch } = memory;
    readDistributions(policy, head, observations, count, now, masks);
    head.logProb(now, actions, count, logProbs);
    probabilityRatios(logProbs, rollout.logProbs, count, logRatios, ratios);
    head.entropy(now, count, scratch);
    const entropy = mean(scratch, count);
    head.kl(now, old, count, scratch);
    const klNewOld = mean(scratch, count);
    head.kl(old, now, count, scratch);
    const kl = scratch.reduce((a, b) => Math.max(a, b));
    const row = scratch.indexOf(kl);
    const seen = observations.subarray(row * features, (row + 1) * features);
    const there = (of: Float64Array): number[] =>
      readable(head.kind, of.subarray(row * width, (row + 1) * width));
    return {
      ...{ klOldNew: mean(scratch, count), klNewOld, entropy, ...ratioQuantiles(ratios, count) },
      surrogate: mean(
        ratios.map((ratio, i) => ratio * advantages[i]),
        count,
      ),
      surrogateOld: mean(advantages, count),
      farthest: {
        observation: observationSpace.kind === 'discrete' ? [seen.indexOf(1)] : [...seen],
        ...{ kl, old: there(old), now: there(now) },
      },
      actions: namesOf(actionSpace),
    };
  };
}
