import type { Engine } from '../network/network.ts';
import type { NetworkShape } from '../network/shape.ts';
import { Adam, type AdamSettings } from '../optimizer/adam.ts';
import type { SecondThread } from '../parallel/executor.ts';
import type { ValueData } from '../rollout/collect.ts';
import type { Rollout } from '../rollout/rollout.ts';
import type { ActorCriticAgent, Learner } from './agent.ts';
import {
  type CriticSettings,
  type CriticState,
  type CriticThread,
  createState,
  type MovingLearner,
} from './critic.ts';
import {
  allocatePolicyCopy,
  copyPolicy,
  createCopyMeasure,
  type PolicyCopy,
  sharedFloat32,
} from './policy-copy.ts';

/** What the thread's state is made of; all arrays are shared memory. */
export interface CriticGiven {
  readonly engine: Pick<Engine, 'name' | 'fastMath'>;
  readonly optimizer: AdamSettings;
  readonly shape: NetworkShape;
  readonly capacity: number;
  readonly settings: CriticSettings;
  readonly data: ValueData;
  readonly orders: Int32Array;
  readonly moving: MovingLearner;
  readonly policy: PolicyCopy;
}

/** Makes of a second thread one for the critic of that agent. @param rollout in shared memory */
export function createCriticThread(
  second: SecondThread,
  agent: ActorCriticAgent,
  rollout: Rollout,
  settings: CriticSettings,
  { name, fastMath }: CriticGiven['engine'],
): CriticThread {
  const { network, parameters, optimizer } = agent.value;
  // The fields that the thread needs: what else a rollout has would be copied.
  const { count, copies, features, observations, lastObservations, cutRows, cutObservations } = rollout;
  const { cuts, values, nextValues, returns, order } = rollout;
  const given: CriticGiven = {
    engine: { name, fastMath },
    optimizer: optimizer.settings,
    shape: network.shape,
    capacity: network.capacity,
    settings,
    data: {
      ...{ count, copies, features, observations, lastObservations, cutRows, cutObservations },
      ...{ cuts, values, nextValues, returns, order },
    },
    orders: new Int32Array(new SharedArrayBuffer(4 * settings.fitEpochs * count)),
    moving: {
      parameters: sharedFloat32(parameters.length),
      firstMoment: sharedFloat32(parameters.length),
      secondMoment: sharedFloat32(parameters.length),
      steps: new Float64Array(new SharedArrayBuffer(8)),
    },
    policy: allocatePolicyCopy(agent, rollout),
  };
  const { orders, moving, policy } = given;
  return {
    threads: second.threads,
    start: () => second.start(),
    ...{ given, orders, moving },
    copyPolicy: () => copyPolicy(policy, agent, rollout),
  };
}

/** On that thread: a value network of its own, and what measures the policy's copy. */
export async function openCritic(
  { engine, optimizer, shape, capacity, settings, data, orders, moving, policy }: CriticGiven,
  loadEngine: (name: Engine['name'], options: { fastMath: boolean }) => Promise<Engine>,
): Promise<CriticState> {
  const loaded = await loadEngine(engine.name, engine);
  const network = loaded.create(shape, capacity);
  const value: Learner = {
    network,
    parameters: network.allocate(),
    gradient: network.allocate(),
    optimizer: new Adam(network, optimizer),
  };
  return createState(value, data, orders, settings, createCopyMeasure(policy, loaded), moving);
}
