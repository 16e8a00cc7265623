import type { Stateful } from '../elementary/state.ts';
import type { Network } from '../network/network.ts';
import type { Head } from '../policy/head.ts';
import type { Random } from '../random/random.ts';
import type { ObservationNormalizer, RewardNormalizer } from './normalize.ts';
import type { Rollout } from './rollout.ts';
import { createPlayed } from './played-actions.ts';
import type { VectorEnvironment } from './vector-environment.ts';

/** A network at given parameters. */
export interface Evaluable {
  readonly network: Network;
  readonly parameters: Float32Array;
}

/** Running statistics of a run, where the config asks for them. */
export interface Normalizers {
  readonly observations?: ObservationNormalizer | undefined;
  readonly rewards?: RewardNormalizer | undefined;
}

/** What the policy acts on next: the observations as it sees them, [N, D]; null before the first rollout. */
export type CollectorState = { readonly observations: Float32Array | null };

/** Fills a rollout again and again. */
export interface Collector extends Stateful<CollectorState> {
  /**
   * T steps of every copy, actions drawn from `random`.
   * @param collected called after each step of the copies with the number of rows filled so far
   */
  collect(random: Random, collected?: (rows: number) => void): void;
}

/** The collector of one environment and policy, with its scratch allocated once. */
export function createCollector(
  environment: VectorEnvironment,
  policy: Evaluable,
  head: Head,
  rollout: Rollout,
  { observations: normalizer, rewards: rewardNormalizer }: Normalizers,
): Collector {
  const { copies, features } = rollout;
  const observations = new Float32Array(copies * features);
  const distributions = new Float64Array(copies * head.width);
  const actions = new Float32Array(copies * head.actionWidth);
  const logProbs = new Float64Array(copies);
  const played = createPlayed(head, environment.actionSpace, copies);
  const ended = (copy: number): boolean =>
    environment.terminated[copy] === 1 || environment.truncated[copy] === 1;
  let fresh = true;

  const see = (): void => {
    if (!normalizer) {
      observations.set(environment.observations);
      return;
    }
    normalizer.update(environment.observations, copies);
    normalizer.apply(environment.observations, copies, observations);
  };

  const keepCut = (copy: number, row: number): void => {
    const final = environment.finalObservations.subarray(copy * features, (copy + 1) * features);
    const kept = rollout.cutObservations.subarray(rollout.cuts * features, (rollout.cuts + 1) * features);
    if (normalizer) normalizer.apply(final, 1, kept);
    else kept.set(final);
    rollout.cutRows[rollout.cuts++] = row;
  };

  const collect = (random: Random, collected?: (rows: number) => void): void => {
    if (fresh) see();
    fresh = false;
    rollout.cuts = 0;
    for (let t = 0; t < rollout.steps; t++) {
      const row = t * copies;
      const outputs = policy.network.infer(policy.parameters, observations, copies);
      head.read(outputs, copies, distributions, environment.actionMasks);
      for (let copy = 0; copy < copies; copy++) head.sample(distributions, copy, random, actions);
      head.logProb(distributions, actions, copies, logProbs);
      rollout.observations.set(observations, row * features);
      rollout.rawObservations?.set(environment.observations, row * features);
      if (environment.actionMasks) rollout.masks?.set(environment.actionMasks, row * head.maskWidth);
      rollout.distributions.set(distributions, row * head.width);
      rollout.actions.set(actions, row * head.actionWidth);
      rollout.logProbs.set(logProbs, row);
      if (environment.optimalActions) rollout.optimalActions.set(environment.optimalActions, row);
      environment.step(played(actions));
      rollout.terminated.set(environment.terminated, row);
      rollout.truncated.set(environment.truncated, row);
      if (rewardNormalizer) rewardNormalizer.apply(environment.rewards, ended, rollout.rewards, row);
      else rollout.rewards.set(environment.rewards, row);
      collected?.(row + copies);
      see();
      for (let copy = 0; copy < copies; copy++) {
        if (environment.truncated[copy] === 1) keepCut(copy, row + copy);
      }
    }
    rollout.lastObservations.set(observations);
  };

  return {
    collect,
    snapshot: () => ({ observations: fresh ? null : observations.slice() }),
    restore(state) {
      fresh = state.observations === null;
      if (state.observations) observations.set(state.observations);
    },
  };
}

/** The part of a rollout that a value function reads and writes. */
export type ValueData = Pick<
  Rollout,
  | 'count'
  | 'copies'
  | 'features'
  | 'observations'
  | 'lastObservations'
  | 'cutRows'
  | 'cutObservations'
  | 'cuts'
  | 'values'
  | 'nextValues'
  | 'returns'
  | 'order'
>;

/** Fills V(s_t) of the rows [start, end). */
export function evaluateRows(value: Evaluable, data: ValueData, start: number, end: number): void {
  const { features, values } = data;
  const rows = data.observations.subarray(start * features, end * features);
  forEachBatch(value, rows, end - start, features, (outputs, first, size) => {
    for (let i = 0; i < size; i++) values[start + first + i] = outputs[i];
  });
}

/**
 * Fills V(s_{t+1}), all V(s_t) being there: the next row's value, the last observation's at the end of the
 * rollout, the final observation's where a time limit cut the episode.
 */
export function evaluateNextValues(value: Evaluable, data: ValueData): void {
  const { count, copies, features, values, nextValues, cutRows, cuts } = data;
  nextValues.set(values.subarray(copies));
  forEachBatch(value, data.lastObservations, copies, features, (outputs, start, size) => {
    for (let i = 0; i < size; i++) nextValues[count - copies + start + i] = outputs[i];
  });
  forEachBatch(value, data.cutObservations, cuts, features, (outputs, start, size) => {
    for (let i = 0; i < size; i++) nextValues[cutRows[start + i]] = outputs[i];
  });
}

/** The head's distributions at `policy` for `count` observations, [count, K]. @param masks of them, where there are any */
export function readDistributions(
  policy: Evaluable,
  head: Head,
  observations: Float32Array,
  count: number,
  distributions: Float64Array,
  masks?: Uint8Array,
): void {
  const { width, maskWidth } = head;
  forEachBatch(policy, observations, count, policy.network.shape.inputs, (outputs, start, size) => {
    const own = distributions.subarray(start * width, (start + size) * width);
    head.read(outputs, size, own, masks?.subarray(start * maskWidth, (start + size) * maskWidth));
  });
}

/** Forward passes over any number of observations, as many at a time as the network holds. */
function forEachBatch(
  { network, parameters }: Evaluable,
  observations: Float32Array,
  count: number,
  features: number,
  visit: (outputs: Float32Array, start: number, size: number) => void,
): void {
  for (let start = 0; start < count; start += network.capacity) {
    const size = Math.min(network.capacity, count - start);
    const rows = observations.subarray(start * features, (start + size) * features);
    visit(network.infer(parameters, rows, size), start, size);
  }
}
