import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { type Config, configSchema } from '../../src/config/schema.ts';
import type { MetricsRow } from '../../src/row/metrics.ts';
import { layoutOf } from '../../src/network/layout.ts';
import type { EnvironmentDefinition } from '../../src/rollout/environment.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import { readTrainingInputs } from '../../src/node/read-inputs.ts';
import type { Threads } from '../../src/parallel/executor.ts';
import { createTraining } from '../../src/train/training.ts';
import { secondThread } from '../train/second-thread.ts';
import type { LedgerRow } from '../../src/row/ledger.ts';
import { encodePolicy } from '../../src/run/policy-file.ts';

/** What happens at one step, whatever the action. */
interface Moment {
  readonly reward: number;
  readonly ends?: boolean;
  /** The better of actions 0 and 1. */
  readonly best?: 0 | 1;
}

/**
 * An environment that plays a tape: at step t, counted over all episodes, the observation is the number t, and
 * reward and end are the tape's. Actions 0 and 1 change nothing; `actions` keeps them.
 */
export function tapeOf(moments: readonly Moment[]): { definition: EnvironmentDefinition; actions: number[] } {
  const actions: number[] = [];
  const bound = [Number.POSITIVE_INFINITY];
  const withBest = moments.some(({ best }) => best !== undefined);
  const definition: EnvironmentDefinition = {
    id: 'Tape',
    summary: 'Plays a tape.',
    source: 'test',
    options: z.strictObject({}),
    timeLimit: () => undefined,
    bestReturn: () => undefined,
    create: () => ({
      observationSpace: { kind: 'box', low: bound.map((high) => -high), high: bound },
      actionSpace: { kind: 'discrete', n: 2 },
      reset: (_, observation) => observation.fill(actions.length),
      step(action, _, observation, transition) {
        const { reward, ends } = moments[actions.length % moments.length] as Moment;
        actions.push(action[0] as number);
        observation[0] = actions.length;
        transition.reward = reward;
        transition.terminated = ends ?? false;
      },
      ...(withBest && { optimalAction: () => moments[actions.length % moments.length]?.best ?? -1 }),
    }),
  };
  return { definition, actions };
}

/** Logits `[a + b·t]` of actions 0 and 1 and values c + d·t, as a policy file to start from. */
export function linearWeights(
  logits: readonly [[number, number], [number, number]],
  value: readonly [number, number],
): string {
  const network = (outputs: readonly (readonly [number, number])[]) => {
    const shape = { inputs: 1, hidden: [], outputs: outputs.length, activation: 'tanh' as const, logStd: 0 };
    // `output.weight` [1, K], then `output.bias` [K].
    const parameters = Float32Array.from([
      ...outputs.map(([, slope]) => slope),
      ...outputs.map(([bias]) => bias),
    ]);
    return { shape, layout: layoutOf(shape), parameters };
  };
  const file = join(mkdtempSync(join(tmpdir(), 'leash-tape-')), 'policy.safetensors');
  writeFileSync(
    file,
    encodePolicy({ head: 'categorical', policy: network(logits), value: network([value]) }),
  );
  return file;
}

/** One copy, linear networks, full batches, γ = λ = ½, advantages as they are, and Adam as the sign of the gradient. */
export function tapeConfig(
  steps: number,
  initialWeights: string,
  overrides: Record<string, object | number | string>,
): Config {
  const linear = { hidden: [] };
  return configSchema.parse({
    environment: { id: 'Tape', copies: 1 },
    rollout: { steps },
    steps,
    engine: 'reference',
    network: { policy: linear, value: linear, initialWeights },
    advantage: { gamma: 0.5, gaeLambda: 0.5, standardize: 'none' },
    ppo: { epochs: 2, minibatchSize: steps },
    ...overrides,
    // With β1 = β2 = 0 a step of Adam is learningRate·g/(|g| + ε).
    optimizer: {
      learningRate: 0.1,
      adamBeta1: 0,
      adamBeta2: 0,
      adamEpsilon: 1e-12,
      ...(overrides.optimizer as object),
    },
  });
}

/**
 * Five steps, observation t = 0 … 4, rewards 3 | −1 | 2, 2.5 | 1 …, the bars being ends of episodes. With
 * γ = λ = ½ and V(t) = ¼ + t/2, so V(5) = 2.75 follows the last step:
 *   δ = 3 − .25 = 2.75    −1 − .75 = −1.75    2 + ½·1.75 − 1.25 = 1.625    2.5 − 1.75 = .75    1 + ½·2.75 − 2.25 = .125
 *   Â = 2.75              −1.75               1.625 + ¼·.75 = 1.8125       .75                 .125
 *   R = Â + V = 3, −1, 3.0625, 2.5, 2.375
 */
export const tape = [
  { reward: 3, ends: true, best: 1 },
  { reward: -1, ends: true, best: 1 },
  { reward: 2, best: 0 },
  { reward: 2.5, ends: true, best: 1 },
  { reward: 1, best: 0 },
] as const;

/** The same where nobody knows the best actions. */
export const unlabelled = tape.map(({ best: _, ...moment }) => moment);

/** π(1|t) = σ(bias), the same in every state; V(t) = ¼ + t/2. */
export const weights = (bias: number): string =>
  linearWeights(
    [
      [0, 0],
      [bias, 0],
    ],
    [0.25, 0.5],
  );

/** Trains on a tape to the end, by the reference engine. */
export async function play(moments: readonly Moment[], config: Config, threads: Threads = 1) {
  const { definition, actions } = tapeOf(moments);
  const training = createTraining(
    config,
    definition,
    await loadEngine('reference'),
    secondThread(threads),
    readTrainingInputs(config),
  );
  const rows: MetricsRow[] = [];
  const ledger: LedgerRow[] = [];
  for (let update = 1; update <= training.updates; update++) {
    rows.push(training.update());
    ledger.push(...training.drainLedger());
  }
  const stored = training.stored();
  training.dispose();
  return { rows, ledger, actions, stored, left: training.drainLedger() };
}
