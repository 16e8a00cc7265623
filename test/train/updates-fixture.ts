import { readFileSync } from 'node:fs';
import { type Layout, viewOf } from '../../src/network/layout.ts';
import type { Engine } from '../../src/network/network.ts';
import { Adam } from '../../src/optimizer/adam.ts';
import { categoricalHead } from '../../src/policy/categorical.ts';
import { diagonalGaussianHead } from '../../src/policy/diagonal-gaussian.ts';
import { createRollout, type Rollout } from '../../src/rollout/rollout.ts';
import type { ActorCriticAgent, Agent, Learner } from '../../src/train/agent.ts';

interface StoredLayer {
  weight: number[][];
  bias: number[];
}

interface StoredMlp {
  hidden: StoredLayer[];
  output: StoredLayer;
  logStd?: number[];
}

/** One case of `updates.json`. */
export interface UpdateCase {
  actionSpace: 'discrete' | 'box';
  config: Record<string, number | boolean>;
  batch: {
    observations: number[][];
    actions: (number | number[])[];
    oldLogProbs: number[];
    oldValues: number[];
    advantages: number[];
    returns: number[];
  };
  before: { policy: StoredMlp; value: StoredMlp };
  after: { policy: StoredMlp; value: StoredMlp };
  gradientsAfterGlobalNormClip: { policy: StoredMlp; value: StoredMlp };
  logged: Record<string, number>;
}

export const updates = JSON.parse(
  readFileSync(new URL('../fixtures/updates.json', import.meta.url), 'utf8'),
) as { cases: { ppo: UpdateCase[]; trpo: UpdateCase[] } };

/** The stored arrays laid into one flat vector. */
export function flatten(stored: StoredMlp, layout: Layout): Float32Array {
  const flat = new Float32Array(layout.size);
  stored.hidden.forEach((layer, i) => {
    viewOf(layout, `hidden.${i}.weight`, flat).set(layer.weight.flat());
    viewOf(layout, `hidden.${i}.bias`, flat).set(layer.bias);
  });
  viewOf(layout, 'output.weight', flat).set(stored.output.weight.flat());
  viewOf(layout, 'output.bias', flat).set(stored.output.bias);
  if (stored.logStd) viewOf(layout, 'logStd', flat).set(stored.logStd);
  return flat;
}

/** The case's agent before the update, on an engine. */
export function agentOf(c: UpdateCase, engine: Engine): ActorCriticAgent {
  const width = c.before.policy.output.bias.length;
  const head = c.actionSpace === 'discrete' ? categoricalHead(width) : diagonalGaussianHead(width);
  const count = c.batch.observations.length;
  const learner = (stored: StoredMlp): Learner => {
    const network = engine.create(
      {
        inputs: stored.hidden[0].weight.length,
        hidden: stored.hidden.map((layer) => layer.bias.length),
        outputs: stored.output.bias.length,
        activation: 'tanh',
        logStd: stored.logStd?.length ?? 0,
      },
      count,
    );
    const parameters = network.allocate();
    parameters.set(flatten(stored, network.layout));
    const settings = { adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: c.config.adamEpsilon as number };
    return { network, parameters, gradient: network.allocate(), optimizer: new Adam(network, settings) };
  };
  return { head, policy: learner(c.before.policy), value: learner(c.before.value) };
}

/** The case's batch as a rollout of one copy; π_old's distributions are the policy's own. */
export function rolloutOf(c: UpdateCase, agent: Agent): Rollout {
  const { batch } = c;
  const count = batch.observations.length;
  const features = batch.observations[0].length;
  const rollout = createRollout(count, 1, features, agent.head.width, agent.head.actionWidth);
  rollout.observations.set(batch.observations.flat());
  rollout.actions.set(batch.actions.flat());
  rollout.logProbs.set(batch.oldLogProbs);
  rollout.values.set(batch.oldValues);
  rollout.advantages.set(batch.advantages);
  rollout.returns.set(batch.returns);
  const { network, parameters } = agent.policy;
  const { outputs } = network.forward(parameters, rollout.observations, count);
  agent.head.read(outputs, count, rollout.distributions);
  return rollout;
}
