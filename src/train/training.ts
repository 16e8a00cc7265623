import { generalizedAdvantages } from '../advantage/gae.ts';
import { standardize } from '../advantage/standardize.ts';
import type { Config } from '../config/schema.ts';
import type { Engine } from '../network/network.ts';
import { scheduled } from '../optimizer/schedule.ts';
import type { SecondThread } from '../parallel/executor.ts';
import { exp } from '../elementary/exponential.ts';
import { randomStream } from '../random/random.ts';
import { createCollector } from '../rollout/collect.ts';
import type { EnvironmentDefinition } from '../rollout/environment.ts';
import { ObservationNormalizer, RewardNormalizer } from '../rollout/normalize.ts';
import { ReturnCurve } from '../rollout/return-curve.ts';
import { createRollout, type Rollout } from '../rollout/rollout.ts';
import { createCopies } from '../rollout/copies.ts';
import type { MetricsRow } from '../run/metrics.ts';
import type { StoredPolicy } from '../run/policy-file.ts';
import { clipRangeOf, objectiveAt } from '../objective/objective.ts';
import { UserError } from '../user-error.ts';
import { adaptBeta } from '../trust-region/adapt-beta.ts';
import type { LedgerRow } from '../trust-region/ledger.ts';
import { mean } from '../trust-region/measure.ts';
import { type Agent, createAgent, headFor } from './agent.ts';
import { type Critic, type CriticSettings, createCritic } from './critic.ts';
import { createCriticThread } from './critic-thread.ts';
import { initialPolicy } from './initial-policy.ts';
import { createPpo, type PpoSettings } from './ppo.ts';
import { createRegion, type Region } from './region.ts';
import { createTrpo, type TrpoSettings } from './trpo.ts';
import type { UpdateReport } from './update.ts';
import { FIT_LOSS } from './value-fit.ts';

/** A run in memory: each call of `update` is one rollout and what was learned from it. */
export interface Training {
  /** U: updates of the whole run. */
  readonly updates: number;
  /** Of the updates so far, those in which the value network had a thread of its own. */
  readonly updatesOnTwoThreads: number;
  /** Collects, learns and returns the logged row. @throws NonFiniteError */
  update(): MetricsRow;
  /** The gradient steps of the last update; none without `trustRegion.ledger`. */
  drainLedger(): LedgerRow[];
  /** The policy as it is now. */
  stored(): StoredPolicy;
  dispose(): void;
}

/** The most samples that one forward holds when minibatches are smaller. */
const FORWARD_BATCH = 1024;

/** The most samples that one forward holds: TRPO and NPG take the whole rollout at once. */
export function forwardCapacity({ algorithm, ppo, environment, rollout }: Config): number {
  const count = rollout.steps * environment.copies;
  const batch = algorithm === 'ppo' ? Math.max(ppo.minibatchSize, FORWARD_BATCH) : count;
  return Math.max(environment.copies, Math.min(count, batch));
}

/**
 * config → environment → rollout → advantages → objective → gradient step → KL check → row.
 * @param second changes how long it takes, not one bit of what it gives; not used with TensorFlow.js, of which the
 *   thread would have to start one of its own
 */
export function createTraining(
  config: Config,
  definition: EnvironmentDefinition,
  engine: Engine,
  second?: SecondThread,
): Training {
  const { copies, options } = config.environment;
  const environment = createCopies(definition, options, copies, config.seed);
  const { features, actionSpace, observationSpace } = environment;
  const curve = new ReturnCurve(copies, config.rollout.steps);
  environment.onEpisode = (copy, episodeReturn, length) => curve.ended(copy, episodeReturn, length);
  const head = headFor(actionSpace);
  const isBeside = second !== undefined && engine.name !== 'tfjs';
  const memory = isBeside ? SharedArrayBuffer : ArrayBuffer;
  const rollout = createRollout(config.rollout.steps, copies, features, head.width, head.actionWidth, memory);
  const agent = createAgent(config, features, actionSpace, engine, forwardCapacity(config));
  const moments = initialPolicy(config)?.observationMoments;
  if (moments && observationSpace.kind === 'discrete')
    throw new UserError(
      `network.initialWeights: ${config.network.initialWeights} standardises its observations, those of ${definition.id} are discrete`,
    );
  const normalizers = {
    observations:
      config.environment.normalizeObservations && observationSpace.kind === 'box'
        ? new ObservationNormalizer(features, moments)
        : undefined,
    rewards: config.environment.normalizeRewards
      ? new RewardNormalizer(copies, config.advantage.gamma)
      : undefined,
  };
  let updatesOnTwoThreads = 0;
  const region = createRegion(agent, rollout);
  const learning = criticSettings(config, rollout.count);
  const thread = isBeside ? createCriticThread(second, agent, rollout, learning, engine) : undefined;
  const critic = createCritic(agent, rollout, region.measure, learning, thread);
  const collect = createCollector(
    environment,
    agent.policy,
    agent.head,
    rollout,
    normalizers,
    critic.collected,
  );
  let ledger: LedgerRow[] = [];
  const record: RecordStep | undefined = config.trustRegion.ledger
    ? (step) => void ledger.push({ update, ...step })
    : undefined;
  const updates = Math.ceil(config.steps / rollout.count);
  const improve = createImprovement(config, updates, agent, critic, rollout, region, record);
  const actionStream = randomStream(config.seed, 'action');
  let update = 0;
  // β is state of the run: the penalty's coefficient in the next update.
  const penalty = 'beta' in config.objective ? config.objective : undefined;
  let beta = penalty?.beta ?? 0;
  let observationMoments = normalizers.observations?.snapshot();
  /** Whether the next update's rollout is there already, or what went wrong with it. */
  let ahead: { readonly error?: unknown } | undefined;

  const collectAhead = (): void => {
    try {
      collect(actionStream);
      ahead = {};
    } catch (error) {
      ahead = { error };
    }
  };

  return {
    updates,
    get updatesOnTwoThreads() {
      return updatesOnTwoThreads;
    },
    update() {
      update += 1;
      if (ahead === undefined) collect(actionStream);
      else if ('error' in ahead) throw ahead.error;
      ahead = undefined;
      region.begin();
      critic.evaluate();
      if (critic.threads() === 2) updatesOnTwoThreads += 1;
      const { gamma, gaeLambda } = config.advantage;
      generalizedAdvantages(rollout, gamma, gaeLambda, rollout.advantages, rollout.returns);
      const explained = explainedVariance(rollout);
      if (standardizesRollout(config)) standardize(rollout.advantages, rollout.count);
      const { settings, done } = improve(update, beta);
      critic.run('measure');
      const { count: episodes, ...episodeFigures } = environment.drainEpisodes();
      const curvePoint = curve.drain();
      const figures = {
        ...done.figures,
        ...(environment.optimalActions && { bestArmProbability: bestActionProbability(agent, rollout) }),
        ...environment.drainFigures(),
      };
      observationMoments = normalizers.observations?.snapshot();
      // The next rollout needs the policy, not what the step to it came to.
      if (critic.threads() === 2 && update < updates) collectAhead();
      const kl = critic.finish('measure');
      const adapted = penalty?.adapt && adaptBeta(penalty.adapt, beta, kl.oldNewMean, rollout.count);
      const betaFigures = penalty && { beta, ...(adapted && { betaSaturated: adapted.saturated }) };
      if (adapted) beta = adapted.beta;
      return {
        update,
        steps: update * rollout.count,
        episodes,
        ...episodeFigures,
        ...curvePoint,
        klOldNewMean: kl.oldNewMean,
        klOldNewP95: kl.oldNewP95,
        klOldNewMax: kl.oldNewMax,
        klNewOldMean: kl.newOldMean,
        k1: kl.k1,
        k2: kl.k2,
        k3: kl.k3,
        delta: settings.delta,
        deltaViolated: !(kl.oldNewMean <= settings.delta),
        clipFraction: done.clipFraction,
        entropy: kl.entropy,
        policyLoss: done.policyLoss,
        valueLoss: done.valueLoss,
        explainedVariance: explained,
        learningRate: settings.learningRate,
        clipRange: 'objective' in settings ? (clipRangeOf(settings.objective) ?? null) : null,
        gradientNorm: done.gradientNorm,
        gradientStepsPlanned: done.gradientStepsPlanned,
        gradientStepsApplied: done.gradientStepsApplied,
        stopReason: done.stopReason,
        ...betaFigures,
        ...figures,
      };
    },
    drainLedger() {
      const drained = ledger;
      ledger = [];
      return drained;
    },
    stored() {
      critic.sync();
      return {
        head: agent.head.kind,
        policy: storedNetwork(agent, 'policy'),
        value: storedNetwork(agent, 'value'),
        observationMoments,
      };
    },
    dispose() {
      critic.end();
      agent.policy.network.dispose();
      agent.value.network.dispose();
    },
  };
}

/** For PPO's minibatches, or for TRPO's fit. */
function criticSettings({ algorithm, loss, ppo, trpo }: Config, count: number): CriticSettings {
  const isPpo = algorithm === 'ppo';
  return {
    loss: isPpo ? loss : FIT_LOSS,
    minibatchSize: Math.min((isPpo ? ppo : trpo.value).minibatchSize, count),
    fitEpochs: isPpo ? 0 : trpo.value.epochs,
  };
}

type RecordStep = (step: Omit<LedgerRow, 'update'>) => void;

/** What an update did, and the settings its schedules had come to. */
interface Improvement {
  readonly settings: PpoSettings | TrpoSettings;
  readonly done: UpdateReport;
}

/** The algorithm of the config as one function of the update's number and β. */
function createImprovement(
  config: Config,
  updates: number,
  agent: Agent,
  critic: Critic,
  rollout: Rollout,
  region: Region,
  record: RecordStep | undefined,
): (update: number, beta: number) => Improvement {
  const shuffling = randomStream(config.seed, 'shuffle');
  if (config.algorithm === 'ppo') {
    const improve = createPpo(agent, critic, rollout, region, config.ppo.minibatchSize, shuffling, record);
    return (update, beta) => {
      const settings = settingsAt(config, update, updates, beta);
      return { settings, done: improve(settings) };
    };
  }
  const improve = createTrpo(agent, critic, rollout, region, config.trpo, shuffling);
  return (update) => {
    const settings = trpoSettingsAt(config, update, updates);
    return { settings, done: improve(settings) };
  };
}

/** Whether the whole rollout is one batch for standardisation: always in TRPO, which has no minibatches. */
function standardizesRollout({ algorithm, advantage }: Config): boolean {
  return (
    advantage.standardize === 'rollout' || (advantage.standardize === 'minibatch' && algorithm !== 'ppo')
  );
}

function trpoSettingsAt(config: Config, update: number, updates: number): TrpoSettings {
  const at = (value: Parameters<typeof scheduled>[0]): number => scheduled(value, update, updates);
  const { damping, cgIterations, cgTolerance, lineSearch, value } = config.trpo;
  return {
    delta: at(config.trustRegion.delta),
    damping,
    cgIterations,
    cgTolerance,
    lineSearch: config.algorithm === 'npg' ? null : lineSearch,
    rollback: config.algorithm === 'npg' && config.trustRegion.onOvershoot === 'rollback',
    valueEpochs: value.epochs,
    learningRate: at(value.learningRate),
  };
}

function settingsAt(config: Config, update: number, updates: number, beta: number): PpoSettings {
  const at = (value: Parameters<typeof scheduled>[0]): number => scheduled(value, update, updates);
  return {
    epochs: config.ppo.epochs,
    standardize: config.advantage.standardize,
    objective: objectiveAt(config.objective, at, beta),
    entropyCoefficient: at(config.loss.entropyCoefficient),
    learningRate: at(config.optimizer.learningRate),
    valueLearningRate: at(config.optimizer.valueLearningRate ?? config.optimizer.learningRate),
    maxGradientNorm: config.optimizer.maxGradientNorm,
    delta: at(config.trustRegion.delta),
    stop: config.trustRegion.stop,
    rollback: config.trustRegion.onOvershoot === 'rollback',
  };
}

function storedNetwork(agent: Agent, role: 'policy' | 'value'): StoredPolicy['policy'] {
  const { network, parameters } = agent[role];
  return { shape: network.shape, layout: network.layout, parameters };
}

/** 1 − Var(R − V)/Var(R) over the rollout; NaN where all returns are equal. */
function explainedVariance({ returns, values, count }: Rollout): number {
  const residuals = new Float64Array(count);
  for (let i = 0; i < count; i++) residuals[i] = returns[i] - values[i];
  const total = variance(returns, count);
  return total === 0 ? Number.NaN : 1 - variance(residuals, count) / total;
}

function variance(values: Float64Array, count: number): number {
  const center = mean(values, count);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += (values[i] - center) ** 2;
  return sum / count;
}

/** Mean probability that π_old gave the best action, over the rollout's states. */
function bestActionProbability({ head }: Agent, { distributions, optimalActions, count }: Rollout): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += exp(distributions[i * head.width + optimalActions[i]]);
  return sum / count;
}
