import { hasCritic } from '../config/advantage.ts';
import type { Config } from '../config/schema.ts';
import type { CreateTile } from '../elementary/tile.ts';
import type { Engine, Network } from '../network/network.ts';
import type { NetworkShape } from '../network/shape.ts';
import { viewOf } from '../network/layout.ts';
import { initialize } from '../network/orthogonal.ts';
import { Adam, type AdamState } from '../optimizer/adam.ts';
import type { Head, HeadShape } from '../policy/head.ts';
import { createHead, heads } from '../policy/heads.ts';
import { randomStream } from '../random/random.ts';
import { type ActionSpace, type Space, widthOf } from '../rollout/environment.ts';
import { featuresOf } from '../rollout/vector-environment.ts';
import { hasStatesStd } from '../run/head-shape.ts';
import type { StoredPolicy } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import { initialPolicy, takeWeights, type TrainingInputs } from './initial-policy.ts';
import { createFromModel, type ModelSource, modelWeights } from './model-network.ts';

/** A network in training: its parameters, their gradient and the optimiser's state. */
export interface Learner {
  readonly network: Network;
  readonly parameters: Float32Array;
  readonly gradient: Float32Array;
  readonly optimizer: Adam;
}

/** What of a learner goes on from update to update. */
export type LearnerState = { readonly parameters: Float32Array; readonly optimizer: AdamState };

export function snapshotLearner({ parameters, optimizer }: Learner): LearnerState {
  return { parameters: parameters.slice(), optimizer: optimizer.snapshot() };
}

export function restoreLearner({ parameters, optimizer }: Learner, state: LearnerState): void {
  parameters.set(state.parameters);
  optimizer.restore(state.optimizer);
}

/** A learner's network as a policy file has it. */
export function storedLearner({ network, parameters }: Learner): StoredPolicy['policy'] {
  return { shape: network.shape, layout: network.layout, parameters };
}

/** What acts and learns: a policy and a value function that share nothing. */
export interface Agent {
  readonly head: Head;
  readonly policy: Learner;
  /** Absent where advantages need none. */
  readonly value: Learner | undefined;
}

/** One with a value function. */
export interface ActorCriticAgent extends Agent {
  readonly value: Learner;
}

/**
 * The kind of distribution that an action space asks for.
 * @param squash `network.squash`: whether what is drawn for a box goes through tanh
 * @param create see `HeadDefinition`
 */
export function headFor(space: ActionSpace, squash: boolean, create?: CreateTile): Head {
  return createHead(headShapeFor(space, squash), create);
}

function headShapeFor(space: ActionSpace, squash: boolean): HeadShape {
  switch (space.kind) {
    case 'discrete':
      return { kind: 'categorical', sizes: [space.n] };
    case 'multiDiscrete':
      return { kind: 'multiDiscrete', sizes: space.n };
    case 'multiBinary':
      return { kind: 'multiBinary', sizes: [space.n] };
    case 'box':
      return { kind: squash ? 'squashedGaussian' : 'diagonalGaussian', sizes: [widthOf(space)] };
  }
}

/**
 * What of a head's outputs the last layer gives, and what stands beside it: a Gaussian's log standard deviations, where
 * they are the same in every state.
 */
export function outputsFor(
  { kind, width, actionWidth }: Head,
  { stateDependentStd }: Pick<Config['network'], 'stateDependentStd'>,
): Pick<NetworkShape, 'outputs' | 'logStd'> {
  const logStd = heads[kind].isGaussian && !stateDependentStd ? actionWidth : 0;
  return { outputs: width - logStd, logStd };
}

/** The shape of a network that is a perceptron, its members in the order in which files have them. */
export function perceptronShape(
  { hidden, activation, bias }: Config['network']['policy' | 'value'],
  inputs: number,
  { outputs, logStd }: Pick<NetworkShape, 'outputs' | 'logStd'>,
): NetworkShape {
  return { inputs, hidden, outputs, activation, logStd, ...(bias ? {} : { bias }) };
}

/**
 * Networks initialised from the config's seed (streams `init/policy`, `init/value`), or from `network.initialWeights`.
 * @param observationSpace of the environment: how many numbers an observation has, and how they are arranged
 * @param capacity most samples one forward holds
 * @throws UserError when a network and that many samples do not fit into the engine's memory, or a layers model takes other
 *   observations
 */
export function createAgent(
  config: Config,
  observationSpace: Space,
  actionSpace: ActionSpace,
  engine: Engine,
  capacity: number,
  inputs: TrainingInputs = {},
): Agent {
  const head = headFor(actionSpace, config.network.squash, engine.createTile);
  const initial = initialPolicy(config, inputs);
  const learner = (
    role: 'policy' | 'value',
    outputs: Pick<NetworkShape, 'outputs' | 'logStd'>,
    headGain: number,
  ): Learner => {
    const shape = perceptronShape(config.network[role], featuresOf(observationSpace), outputs);
    const { hiddenGain, initialLogStd, tfjs } = config.network;
    const model = tfjs && modelOf(inputs, role);
    const network = model
      ? createFromModel(engine, shape, model, capacity, observationSpace)
      : createNetwork(engine, role, shape, capacity);
    const parameters = network.allocate();
    const gains = { hiddenGain, headGain, logStd: initialLogStd };
    const stored = initial?.[role];
    if (stored) takeWeights(stored, role, network, parameters);
    else if (model) modelWeights(model, initialLogStd, parameters);
    else {
      initialize(network.layout, network.shape, gains, randomStream(config.seed, `init/${role}`), parameters);
      if (role === 'policy' && hasStatesStd(head.kind, outputs))
        viewOf(network.layout, 'output.bias', parameters).fill(initialLogStd, head.actionWidth);
    }
    return {
      network,
      parameters,
      gradient: network.allocate(),
      optimizer: new Adam(network, config.optimizer),
    };
  };
  return {
    head,
    policy: learner('policy', outputsFor(head, config.network), config.network.policyHeadGain),
    value: hasCritic(config)
      ? learner('value', { outputs: 1, logStd: 0 }, config.network.valueHeadGain)
      : undefined,
  };
}

function modelOf({ models }: TrainingInputs, role: 'policy' | 'value'): ModelSource {
  if (models === undefined) throw new Error('network.tfjs: its models were not read');
  return models[role];
}

function createNetwork(
  engine: Engine,
  role: 'policy' | 'value',
  shape: NetworkShape,
  capacity: number,
): Network {
  try {
    return engine.create(shape, capacity);
  } catch (cause) {
    // The schema has checked every width: what is left to be out of range is memory.
    if (!(cause instanceof RangeError)) throw cause;
    throw new UserError(
      `network.${role} (hidden ${JSON.stringify(shape.hidden)}, ${shape.inputs} inputs) and a batch of ${capacity} samples (rollout.steps, environment.copies, minibatchSize) do not fit into the engine's memory: ${cause.message}`,
    );
  }
}
