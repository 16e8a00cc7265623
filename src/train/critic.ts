import { createExecutor, type Executor, type SecondThread } from '../parallel/executor.ts';
import { command, type MovableState, measurement, type Operations } from '../parallel/operation.ts';
import { evaluateNextValues, evaluateRows, type ValueData } from '../rollout/collect.ts';
import type { Rollout } from '../rollout/rollout.ts';
import { klFigures } from '../trust-region/measure.ts';
import type { ActorCriticAgent, Learner } from './agent.ts';
import { firstNonFinite } from './guards.ts';
import type { Measure } from './region.ts';
import { createValueFit, fitFigures } from './value-fit.ts';
import { createValueGradient, type ValueLossSettings } from './value-gradient.ts';

/** What the operations work on: of the agent itself, or a value network and a policy's copy on another thread. */
export interface CriticState extends MovableState {
  readonly value: Learner;
  readonly data: ValueData;
  readonly gradient: ReturnType<typeof createValueGradient>;
  readonly fit: ReturnType<typeof createValueFit>;
  readonly measure: Measure;
  /** Copies what `measure` reads on another thread. */
  copyPolicy(): void;
}

/**
 * The value function's half of an update, and the measuring of a step. None is waited for by what the policy does next,
 * so that they may run beside it: in PPO's update the two halves meet once a minibatch, for the gradient's global norm,
 * in TRPO's at its end.
 */
export const criticOperations = {
  /** V(s_t) of the rows [start, end). */
  evaluateRows: command((c: CriticState, start, end) => evaluateRows(c.value, c.data, start, end)),
  /** V(s_{t+1}) of all rows, so many of which a time limit cut; all V(s_t) are there. */
  evaluateNextValues: command((c: CriticState, cuts) => {
    c.data.cuts = cuts;
    evaluateNextValues(c.value, c.data);
  }),
  /** The gradient over the rows order[start … start+size) of the rollout. */
  gradient: measurement(['loss', 'sumOfSquares'], (c: CriticState, start, size) => c.gradient(start, size)),
  /** One step of Adam along that gradient times `scale`. */
  step: command(({ value }: CriticState, scale, learningRate) =>
    value.optimizer.step(value.parameters, value.gradient, scale, learningRate),
  ),
  /** Epochs of minibatches over the rollout in `orders`, each a step of Adam along its gradient as it is. */
  fit: measurement(fitFigures, (c: CriticState, epochs, learningRate) => c.fit(epochs, learningRate)),
  /**
   * The step from π_old to the policy as it is when this is run, δ beside it: policy and rollout may change before
   * `finish`. And which of the value network's own parameters is not finite, −1 for none.
   */
  measure: measurement(
    [...klFigures, 'badValueParameter'],
    (c: CriticState, delta) => ({
      ...c.measure(delta),
      badValueParameter: firstNonFinite(c.value.parameters),
    }),
    (c) => c.copyPolicy(),
  ),
} satisfies Operations<CriticState>;

/** A value function that learns, by its operations. */
export interface Critic extends Executor<typeof criticOperations> {
  /** [epochs · T·N] for `fit`: the rows of each epoch in the order in which its minibatches take them. */
  readonly orders: Int32Array;
  /** The first `rows` rows of the rollout are filled; their values may be computed. */
  collected(rows: number): void;
  /** Fills V(s_t) and V(s_{t+1}) of the whole rollout. An update begins with it. */
  evaluate(): void;
}

/** How it learns. */
export interface CriticSettings {
  readonly loss: ValueLossSettings;
  /** Most rows of one gradient. */
  readonly minibatchSize: number;
  /** Most epochs of a fit. */
  readonly fitEpochs: number;
}

/** A second thread for a critic: see `createCriticThread`. */
export interface CriticThread extends SecondThread {
  /** What the thread makes its state of. */
  readonly given: unknown;
  readonly orders: Int32Array;
  readonly moving: MovingLearner;
  /** See `CriticState`. */
  copyPolicy(): void;
}

/** What of a learner moves from thread to thread, in shared memory. */
export interface MovingLearner {
  readonly parameters: Float32Array;
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
  readonly steps: Float64Array;
}

/** Rows whose values are computed in one go while the rollout is collected: as many as the kernels like. */
const ROWS = 128;

/**
 * The critic of an agent, whose `value` is where it starts from and holds its state after `sync`.
 * @param rollout in shared memory where there is a second thread
 * @param measure of the region around the policy
 */
export function createCritic(
  { value }: Pick<ActorCriticAgent, 'value'>,
  rollout: Rollout,
  measure: Measure,
  settings: CriticSettings,
  second?: CriticThread,
): Critic {
  const orders = second?.orders ?? new Int32Array(settings.fitEpochs * rollout.count);
  const state = createState(value, rollout, orders, settings, measure, second?.moving, second?.copyPolicy);
  const executor = createExecutor(criticOperations, state, second);
  let evaluated = 0;
  return {
    ...executor,
    orders,
    collected(rows) {
      if (executor.threads() === 1 || rows - evaluated < ROWS) return;
      executor.run('evaluateRows', evaluated, rows);
      evaluated = rows;
    },
    evaluate() {
      executor.turn();
      executor.run('evaluateRows', evaluated, rollout.count);
      executor.run('evaluateNextValues', rollout.cuts);
      evaluated = 0;
      executor.drain();
    },
    resume() {
      evaluated = 0;
      executor.resume();
    },
  };
}

/** The state that the operations work on, on either thread. */
export function createState(
  value: Learner,
  data: ValueData,
  orders: Int32Array,
  { loss, minibatchSize }: CriticSettings,
  measure: Measure,
  moving?: MovingLearner,
  copyPolicy: () => void = () => {},
): CriticState {
  const { parameters, optimizer } = value;
  return {
    value,
    data,
    gradient: createValueGradient(value, data, loss, minibatchSize),
    fit: createValueFit(value, data, orders, loss, minibatchSize),
    measure,
    copyPolicy,
    save() {
      moving?.parameters.set(parameters);
      moving?.firstMoment.set(optimizer.firstMoment);
      moving?.secondMoment.set(optimizer.secondMoment);
      moving?.steps.set([optimizer.steps]);
    },
    load() {
      if (!moving) return;
      parameters.set(moving.parameters);
      const { firstMoment, secondMoment, steps } = moving;
      optimizer.restore({ firstMoment, secondMoment, steps: steps[0] });
    },
  };
}
