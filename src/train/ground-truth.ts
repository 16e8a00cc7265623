import type { Config } from '../config/schema.ts';
import { exp, expm1 } from '../elementary/exponential.ts';
import { mean } from '../elementary/mean.ts';
import { TableWorkError } from '../ground-truth/chain.ts';
import { createTableTruth, type KnownPolicy } from '../ground-truth/table-truth.ts';
import { thousands } from '../elementary/thousands.ts';
import type { Engine } from '../network/network.ts';
import { randomStream } from '../random/random.ts';
import type { EnvironmentDefinition, TabularModel } from '../rollout/environment.ts';
import { asTable, problemOfEnumerated, TableSizeError } from '../rollout/table.ts';
import { readDistributions } from '../rollout/collect.ts';
import type { Rollout } from '../rollout/rollout.ts';
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
  rollout: Rollout,
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
  const unlike = problemOfEnumerated(definition.id, environment.actionMasks !== undefined, found);
  if (unlike !== undefined) return refuse(unlike);
  switch (found.kind) {
    case 'table':
      return createTableFigures(config, definition, environment, agent, rollout, engine, found.table);
    case 'sequences':
      return createSequenceFigures(config, environment, agent, engine, found.model, reference);
    case 'tooMany':
      return refuse(`${definition.id} ${found.why}`);
  }
}

/** Pairs of state and action, of up to three transitions each, times steps that every update goes through: seconds. */
const MOST_BACKUPS = 3e8;

/** @throws UserError where it is too large, or takes too long */
function withinReach<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof TableSizeError || cause instanceof TableWorkError)) throw cause;
    throw new UserError(`groundTruth must be false, got true: ${cause.message}`);
  }
}

function createTableFigures(
  config: Config,
  definition: EnvironmentDefinition,
  environment: VectorEnvironment,
  agent: Agent,
  rollout: Rollout,
  engine: Engine,
  model: TabularModel,
): ExactFigures {
  const { observationSpace } = environment;
  const { head, policy, value } = agent;
  const { states, actions } = model;
  if (observationSpace.kind !== 'discrete' || observationSpace.n !== states || head.width !== actions)
    throw new UserError(
      `groundTruth: the table of ${definition.id} has ${states} states and ${actions} actions, what it shows and takes has not`,
    );
  const timeLimit = definition.timeLimit(config.environment.options);
  const requireWork = (what: string, count: number, most: number): void => {
    const work = count * (timeLimit ?? 1);
    if (work > most)
      throw new UserError(
        `groundTruth: ${what} × ${timeLimit ?? 1} steps are ${thousands(work)} for every update; at most ${thousands(most)}`,
      );
  };
  requireWork(`${states} states × ${actions} actions`, states * actions, MOST_BACKUPS);
  const table = withinReach(() => asTable(model));
  requireWork(`${thousands(table.next.length)} transitions`, table.next.length, 3 * MOST_BACKUPS);
  const truth = withinReach(() => createTableTruth(table, config.advantage.gamma, timeLimit));
  const readPolicy = createStateReader(states, environment, policy.network.shape, engine);
  const readValue = value && createStateReader(states, environment, value.network.shape, engine);
  const isOfRawRewards = !config.environment.normalizeRewards;
  const kl = new Float64Array(states);
  const promise =
    isOfRawRewards && areTrueAdvantages(config) ? createSampledPromise(agent, rollout) : undefined;
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
    estimated: () => promise?.keep(),
    figures() {
      if (last === undefined) throw new Error('begin was not called');
      const now = read();
      head.kl(last.logProbs, now.logProbs, states, kl);
      const found = truth.step(last.known, now.known, kl, critic);
      const mass = last.known.truth?.visitation.reduce((sum, each) => sum + each, 0);
      last = now;
      const surrogateSampled = mass === undefined || promise === undefined ? null : mass * promise.mean();
      return { ...found, surrogateSampled };
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

/** Whether advantages are estimates of those that a table has, of raw rewards and within an episode. */
function areTrueAdvantages({ advantage, reference }: Config): boolean {
  const isPriced = reference !== null && (reference.placement === 'reward' || reference.level === 'sequence');
  return advantage.estimator === 'gae' && !isPriced;
}

/** What samples say of a step, per sample. */
interface SampledPromise {
  /** The rollout's advantages as they are now: they may be standardised after. */
  keep(): void;
  /** mean((π/π_old − 1)·Â) of the policy now. */
  mean(): number;
}

function createSampledPromise({ head, policy }: Agent, rollout: Rollout): SampledPromise {
  const { count } = rollout;
  const advantages = new Float64Array(count);
  const distributions = new Float64Array(count * head.width);
  const logProbs = new Float64Array(count);
  return {
    keep: () => advantages.set(rollout.advantages),
    mean() {
      readDistributions(policy, head, rollout.observations, count, distributions, rollout.masks);
      head.logProb(distributions, rollout.actions, count, logProbs);
      const gains = logProbs.map((now, i) => expm1(now - rollout.logProbs[i]) * advantages[i]);
      return mean(gains);
    },
  };
}
