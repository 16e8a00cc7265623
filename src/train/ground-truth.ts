import type { Config } from '../config/schema.ts';
import { exp } from '../elementary/exponential.ts';
import { createTableTruth, type KnownPolicy } from '../ground-truth/table-truth.ts';
import { thousands } from '../elementary/thousands.ts';
import type { Engine } from '../network/network.ts';
import { randomStream } from '../random/random.ts';
import type { EnvironmentDefinition, TabularModel } from '../rollout/environment.ts';
import { problemOfMasks } from '../rollout/tabular.ts';
import type { VectorEnvironment } from '../rollout/vector-environment.ts';
import { UserError } from '../user-error.ts';
import type { Agent } from './agent.ts';
import type { ExactFigures } from './exact-figures.ts';
import { createSequenceFigures, type HeldNear } from './sequence-truth.ts';
import { createStateReader } from './tabular-policy.ts';

/** @throws UserError where a config asks for it and the environment cannot be written out, or is too large */
export function createGroundTruth(
  config: Config,
  definition: EnvironmentDefinition,
  environment: VectorEnvironment,
  agent: Agent,
  engine: Engine,
  reference: HeldNear | undefined,
): ExactFigures | undefined {
  if (!config.groundTruth) return undefined;
  const { options } = config.environment;
  const found = definition.enumerate?.(options, randomStream(config.seed, 'environment/task'));
  const refuse = (why: string): never => {
    throw new UserError(`groundTruth must be false, got true: ${why}`);
  };
  if (found === undefined) return refuse(`${definition.id} cannot be written out`);
  const isMasked = environment.actionMasks !== undefined;
  switch (found.kind) {
    case 'table': {
      const unlike = problemOfMasks(definition.id, isMasked, found.table);
      if (unlike !== undefined) return refuse(unlike);
      return createTableFigures(config, definition, environment, agent, engine, found.table);
    }
    case 'sequences':
      if (isMasked && !found.model.isPadded)
        return refuse(`${definition.id} rules out actions (actionMask), which its sequences do not`);
      return createSequenceFigures(config, environment, agent, engine, found.model, reference);
    case 'tooMany':
      return refuse(`${definition.id} ${found.why}`);
  }
}

/** Pairs of state and action times steps that every update goes through: seconds. */
const MOST_BACKUPS = 3e8;

function createTableFigures(
  config: Config,
  definition: EnvironmentDefinition,
  { observationSpace }: VectorEnvironment,
  { head, policy, value }: Agent,
  engine: Engine,
  model: TabularModel,
): ExactFigures {
  const { states, actions } = model;
  if (observationSpace.kind !== 'discrete' || observationSpace.n !== states || head.width !== actions)
    throw new UserError(
      `groundTruth: the table of ${definition.id} has ${states} states and ${actions} actions, what it shows and takes has not`,
    );
  const timeLimit = definition.timeLimit(config.environment.options);
  const backups = states * actions * (timeLimit ?? 1);
  if (backups > MOST_BACKUPS)
    throw new UserError(
      `groundTruth: ${states} states × ${actions} actions × ${timeLimit} steps are ${thousands(backups)} for every update; at most ${thousands(MOST_BACKUPS)}`,
    );
  const truth = createTableTruth(model, config.advantage.gamma, timeLimit);
  const readPolicy = createStateReader(states, policy.network.shape, engine);
  const readValue = value && createStateReader(states, value.network.shape, engine);
  const isOfRawRewards = !config.environment.normalizeRewards;
  const kl = new Float64Array(states);
  const read = (): { known: KnownPolicy; logProbs: Float64Array } => {
    const logProbs = new Float64Array(states * actions);
    head.read(readPolicy.outputs(policy.parameters), states, logProbs, model.masks);
    return { known: truth.know(logProbs.map(exp)), logProbs };
  };
  let last: ReturnType<typeof read> | undefined;
  let critic: Float32Array | undefined;
  return {
    begin() {
      last ??= read();
      critic = isOfRawRewards && value ? readValue?.outputs(value.parameters) : undefined;
    },
    figures() {
      if (last === undefined) throw new Error('begin was not called');
      const now = read();
      head.kl(last.logProbs, now.logProbs, states, kl);
      const found = truth.step(last.known, now.known, kl, critic);
      last = now;
      return found;
    },
    reset() {
      last = undefined;
    },
    dispose() {
      readPolicy.dispose();
      readValue?.dispose();
    },
  };
}
