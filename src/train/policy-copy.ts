import type { Engine } from '../network/network.ts';
import type { NetworkShape } from '../network/shape.ts';
import type { HeadShape } from '../policy/head.ts';
import { createHead } from '../policy/heads.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { Agent } from './agent.ts';
import { createMeasure, type Measure, type OldPolicyData } from './region.ts';

/**
 * What measuring a step takes, copied into shared memory: another thread measures, while the policy's fills the rollout
 * anew.
 */
export interface PolicyCopy {
  readonly shape: NetworkShape;
  readonly capacity: number;
  readonly head: HeadShape;
  readonly parameters: Float32Array;
  readonly data: OldPolicyData;
}

/** Memory for the copies of a policy and its rollout; nothing is copied yet. */
export function allocatePolicyCopy(
  { head, policy: { network, parameters } }: Agent,
  { count, observations, masks, actions, distributions, logProbs }: Rollout,
): PolicyCopy {
  return {
    shape: network.shape,
    capacity: network.capacity,
    head: { kind: head.kind, sizes: head.sizes },
    parameters: sharedFloat32(parameters.length),
    data: {
      count,
      observations: sharedFloat32(observations.length),
      masks: masks && new Uint8Array(new SharedArrayBuffer(masks.length)),
      actions: sharedFloat32(actions.length),
      distributions: sharedFloat64(distributions.length),
      logProbs: sharedFloat64(logProbs.length),
    },
  };
}

/** Copies the policy as it is and what its rollout holds. */
export function copyPolicy({ parameters, data }: PolicyCopy, { policy }: Agent, rollout: Rollout): void {
  parameters.set(policy.parameters);
  data.observations.set(rollout.observations);
  if (rollout.masks) data.masks?.set(rollout.masks);
  data.actions.set(rollout.actions);
  data.distributions.set(rollout.distributions);
  data.logProbs.set(rollout.logProbs);
}

/** On the other thread: makes the function that measures the step that was copied last. */
export function createCopyMeasure(
  { shape, capacity, head, parameters, data }: PolicyCopy,
  { create, createTile }: Engine,
): Measure {
  const policy = { network: create(shape, capacity), parameters };
  return createMeasure(createHead(head, createTile), policy, data);
}

export function sharedFloat32(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(4 * length));
}

function sharedFloat64(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(8 * length));
}
