import type { Config } from '../config/schema.ts';
import { exp, log } from '../elementary/exponential.ts';
import { expectedVisits } from '../ground-truth/episodes.ts';
import { optimum } from '../ground-truth/optimum.ts';
import { policyTruth } from '../ground-truth/policy-truth.ts';
import type { Engine } from '../network/network.ts';
import { clipScale } from '../optimizer/gradient-norm.ts';
import { randomStream, shuffle } from '../random/random.ts';
import { createPlayed } from '../rollout/played-actions.ts';
import { createVector } from '../rollout/copies.ts';
import type { Enumerated, EnvironmentDefinition } from '../rollout/environment.ts';
import { ObservationNormalizer } from '../rollout/normalize.ts';
import { problemOfEnumerated, Table } from '../rollout/table.ts';
import type { FitRow } from '../row/fit.ts';
import { headInWords } from '../run/head-shape.ts';
import type { LoadedPolicy, StoredPolicy } from '../run/policy-file.ts';
import { UserError } from '../user-error.ts';
import { createAgent, headFor } from './agent.ts';
import { actingHead, COPIES } from './evaluate.ts';
import { requireFiniteOutputs } from './finite-outputs.ts';
import { requireArrangement } from './input-shape.ts';
import { MOST_STATES, oneHotStates, tabularPolicyOf } from './tabular-policy.ts';
import { policyOf } from './training-state.ts';

/** What a clone learns from. */
export interface Lessons {
  /** M: states. */
  readonly count: number;
  /** [M, D] as the networks see them. */
  readonly observations: Float32Array;
  /** [M, masks] what the environment rules out there, where it has masks. */
  readonly masks?: Uint8Array | undefined;
  /** [M, K] π_expert. */
  readonly distributions: Float64Array;
  /** [M] how often the expert is there; sums to 1. */
  readonly weights: Float64Array;
  /** Environment steps that were played to find them; 0 where they are all states of a table. */
  readonly steps: number;
}

/** Throws where so many states do not fit into memory. @param what says how many they are */
export type CheckLessons = (count: number, what: string) => void;

/** Steps of imitation. */
export interface CloneSettings {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

/**
 * The states of an expert and what it does there: of a table all, weighted by the true visitation within the time limit
 * (discounted where there is none); else those that it comes to in `steps` steps.
 * @param expert undefined: the best policy of the table, by policy iteration
 * @param check is told how many states there will be, and what says so, before their arrays are made
 * @throws UserError where the expert does not fit, or the best is not known
 */
export function lessonsOf(
  config: Config,
  definition: EnvironmentDefinition,
  expert: LoadedPolicy | undefined,
  engine: Engine,
  steps: number,
  check: CheckLessons = () => {},
): Lessons {
  const { options } = config.environment;
  const found = definition.enumerate?.(options, randomStream(config.seed, 'environment/task'));
  const probe = createVector(definition, options, 1, config.seed);
  probe.dispose?.();
  const unlike = problemOfEnumerated(definition.id, probe.actionMasks !== undefined, found);
  if (expert === undefined) {
    if (unlike !== undefined) throw new UserError(`${unlike}: its best policy is not known; name an expert`);
    return lessonsOfBest(config, definition, found, check);
  }
  const [has, needs] = [
    headInWords(actingHead(expert, probe)),
    headInWords(headFor(probe.actionSpace, config.network.squash)),
  ];
  if (has !== needs) throw new UserError(`the expert is a ${has}, the config’s policy a ${needs}`);
  if (found?.kind === 'table' && unlike === undefined && found.table.states <= MOST_STATES) {
    const table = new Table(found.table);
    const { probabilities } = tabularPolicyOf(table, probe, expert, engine, 'sampled');
    return lessonsOfTable(config, definition, table, probabilities, check);
  }
  return played(config, definition, expert, engine, steps, check);
}

function lessonsOfBest(
  config: Config,
  definition: EnvironmentDefinition,
  found: Enumerated | undefined,
  check: CheckLessons,
): Lessons {
  if (found?.kind !== 'table')
    throw new UserError(
      `${definition.id} cannot be written out as a table: its best policy is not known; name an expert`,
    );
  if (found.table.states > MOST_STATES)
    throw new UserError(
      `the best policy is learned of tables of up to ${MOST_STATES} states, this has ${found.table.states}`,
    );
  const { gamma } = config.advantage;
  if (gamma === 1)
    throw new UserError(
      'advantage.gamma must be < 1, got 1: the best policy is that of the discounted return',
    );
  const table = new Table(found.table);
  return lessonsOfTable(config, definition, table, optimum(table, gamma).policy, check);
}

function lessonsOfTable(
  config: Config,
  definition: EnvironmentDefinition,
  table: Table,
  probabilities: Float64Array,
  check: CheckLessons,
): Lessons {
  const { states } = table;
  check(states, `the table of ${states} states`);
  const timeLimit = definition.timeLimit(config.environment.options);
  if (timeLimit === undefined && config.advantage.gamma === 1)
    throw new UserError('advantage.gamma must be < 1, got 1: without a time limit there is no visitation');
  const visits =
    timeLimit === undefined
      ? policyTruth(table, probabilities, config.advantage.gamma).visitation
      : expectedVisits(table, probabilities, timeLimit);
  const total = visits.reduce((sum, each) => sum + each, 0);
  return {
    count: states,
    observations: oneHotStates(states),
    ...(table.masks && { masks: table.masks }),
    distributions: probabilities.map(log),
    weights: visits.map((each) => each / total),
    steps: 0,
  };
}

function played(
  config: Config,
  definition: EnvironmentDefinition,
  expert: LoadedPolicy,
  engine: Engine,
  steps: number,
  check: CheckLessons,
): Lessons {
  const { shape, parameters } = expert.policy;
  const copies = Math.min(COPIES, steps);
  const environment = createVector(definition, config.environment.options, copies, config.seed, {
    prefix: 'clone',
  });
  const head = actingHead(expert, environment);
  const normalizer =
    expert.observationMoments && new ObservationNormalizer(shape.inputs, expert.observationMoments);
  const random = randomStream(config.seed, 'clone/action');
  const network = engine.create(shape, copies);
  requireArrangement(network, environment);
  const rounds = Math.ceil(steps / copies);
  const count = rounds * copies;
  check(count, `--steps ${steps}`);
  const observations = new Float32Array(count * shape.inputs);
  const distributions = new Float64Array(count * head.width);
  const actions = new Float32Array(copies * head.actionWidth);
  const play = createPlayed(head, environment.actionSpace, copies);
  const masks = environment.actionMasks && new Uint8Array(count * head.maskWidth);
  for (let round = 0; round < rounds; round++) {
    const from = round * copies;
    const seen = observations.subarray(from * shape.inputs, (from + copies) * shape.inputs);
    if (normalizer) normalizer.apply(environment.observations, copies, seen);
    else seen.set(environment.observations);
    const own = distributions.subarray(from * head.width, (from + copies) * head.width);
    const outputs = network.infer(parameters, seen, copies);
    requireFiniteOutputs(outputs, definition.id);
    head.read(outputs, copies, own, environment.actionMasks);
    if (environment.actionMasks) masks?.set(environment.actionMasks, from * head.maskWidth);
    for (let copy = 0; copy < copies; copy++) head.sample(own, copy, random, actions);
    environment.step(play(actions));
  }
  network.dispose();
  environment.dispose?.();
  return {
    count,
    observations,
    masks,
    distributions,
    weights: new Float64Array(count).fill(1 / count),
    steps: count,
  };
}

/** A policy that learns from another by cross-entropy: what is minimised is the weighted mean of KL(π_expert‖π). */
export interface Clone {
  /** One pass over the lessons, a step of Adam each minibatch. @returns the row after it */
  runEpoch(): FitRow;
  stored(): StoredPolicy;
  dispose(): void;
}

/** The most states that one forward holds. */
export function cloneCapacity(count: number, batchSize: number): number {
  return Math.min(count, Math.max(batchSize, 1024));
}

/**
 * The networks of the config; the value network stays as it was initialised.
 * @param moments those that the expert standardises observations by, which the clone takes over
 */
export function createClone(
  config: Config,
  definition: EnvironmentDefinition,
  engine: Engine,
  lessons: Lessons,
  moments: LoadedPolicy['observationMoments'],
  { batchSize, learningRate }: CloneSettings,
): Clone {
  const { count, observations, masks, distributions, weights } = lessons;
  const environment = createVector(definition, config.environment.options, 1, config.seed);
  environment.dispose?.();
  const { features, observationSpace, actionSpace } = environment;
  const size = Math.min(batchSize, count);
  const capacity = cloneCapacity(count, batchSize);
  const agent = createAgent(config, observationSpace, actionSpace, engine, capacity);
  const { head, policy } = agent;
  const { width, maskWidth } = head;
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const shuffling = randomStream(config.seed, 'shuffle');
  const batch = {
    observations: new Float32Array(size * features),
    masks: masks && new Uint8Array(size * maskWidth),
    now: new Float64Array(size * width),
    dOutputs: new Float32Array(size * width),
  };
  const all = new Float64Array(count * width);
  const entropies = new Float64Array(count);
  head.entropy(distributions, count, entropies);
  const entropyOfTarget = meanOf(entropies, weights);
  let epoch = 0;

  const step = (start: number, n: number): number => {
    for (let i = 0; i < n; i++) {
      const row = order[start + i];
      batch.observations.set(observations.subarray(row * features, (row + 1) * features), i * features);
      if (masks) batch.masks?.set(masks.subarray(row * maskWidth, (row + 1) * maskWidth), i * maskWidth);
    }
    const at = policy.network.forward(policy.parameters, batch.observations, n);
    head.read(at.outputs, n, batch.now, batch.masks);
    batch.dOutputs.fill(0);
    for (let i = 0; i < n; i++) {
      const row = order[start + i];
      // Minibatches of a pass add up to the whole mean: count/n of it each.
      head.addKlGradient(
        distributions.subarray(row * width, (row + 1) * width),
        batch.now.subarray(i * width, (i + 1) * width),
        (weights[row] * count) / n,
        1,
        batch.dOutputs.subarray(i * width, (i + 1) * width),
      );
    }
    policy.network.vjp(at, batch.dOutputs, policy.gradient);
    const norm = Math.sqrt(policy.network.sumOfSquares(policy.gradient));
    if (!Number.isFinite(norm))
      throw new UserError(
        `epoch ${epoch}: the gradient norm is ${norm}; a smaller learning rate may help`,
        1,
      );
    const scale = clipScale(norm, config.optimizer.maxGradientNorm);
    policy.optimizer.step(policy.parameters, policy.gradient, scale, learningRate);
    return norm;
  };

  const measure = (): Pick<FitRow, 'crossEntropy' | 'kl' | 'accuracy'> => {
    for (let start = 0; start < count; start += capacity) {
      const n = Math.min(capacity, count - start);
      const rows = observations.subarray(start * features, (start + n) * features);
      head.read(
        policy.network.infer(policy.parameters, rows, n),
        n,
        all.subarray(start * width, (start + n) * width),
        masks?.subarray(start * maskWidth, (start + n) * maskWidth),
      );
    }
    const perState = new Float64Array(count);
    head.kl(distributions, all, count, perState);
    const kl = meanOf(perState, weights);
    return { crossEntropy: entropyOfTarget + kl, kl, accuracy: agreement() };
  };

  /** Probability under the expert of the clone's likeliest action; NaN where actions are real numbers. */
  const agreement = (): number => {
    if (head.greatestEntropy === undefined) return Number.NaN;
    const likeliest = new Float32Array(count * head.actionWidth);
    const logProbs = new Float64Array(count);
    for (let row = 0; row < count; row++) head.mode(all, row, likeliest);
    head.logProb(distributions, likeliest, count, logProbs);
    return meanOf(logProbs.map(exp), weights);
  };

  return {
    runEpoch() {
      epoch += 1;
      shuffle(order, shuffling);
      let norms = 0;
      for (let start = 0; start < count; start += size) norms += step(start, Math.min(size, count - start));
      const { crossEntropy, kl, accuracy } = measure();
      return {
        update: epoch,
        gradientSteps: policy.optimizer.steps,
        ...{ crossEntropy, entropyOfTarget, kl, accuracy, learningRate },
        gradientNorm: norms / Math.ceil(count / size),
      };
    },
    stored: () => policyOf(agent, environment, moments),
    dispose() {
      policy.network.dispose();
      agent.value?.network.dispose();
    },
  };
}

/** Σ w·x; states that the expert never comes to have no part, whatever their x. */
function meanOf(values: Float64Array, weights: Float64Array): number {
  return values.reduce((sum, value, i) => (weights[i] === 0 ? sum : sum + weights[i] * value), 0);
}
