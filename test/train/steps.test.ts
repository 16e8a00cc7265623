import { describe, expect, it } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { loadEngine } from '../../src/node/load-engine.ts';
import type { Threads } from '../../src/parallel/executor.ts';
import type { WrittenRow } from '../../src/row/metrics.ts';
import { encodePolicy } from '../../src/run/policy-file.ts';
import type { Standstill } from '../../src/train/standstill.ts';
import { createTraining, type Training } from '../../src/train/training.ts';
import { secondThread } from './second-thread.ts';

const engine = await loadEngine('wasm');
const ledger = { ledger: true };

function configOf(id: string, over: object): Config {
  const { options } = findEnvironment(id);
  return configSchema.parse({
    environment: { id, copies: 3, options: options.parse({}) },
    rollout: { steps: 21 },
    network: { policy: { hidden: [8] }, value: { hidden: [8] } },
    ppo: { epochs: 2, minibatchSize: 16 },
    steps: 63 * 9,
    seed: 3,
    ...over,
  });
}

function open(config: Config, threads: Threads = 1): Training {
  const definition = findEnvironment(config.environment.id as string);
  return createTraining(config, definition, engine, secondThread(threads));
}

/** An update, and the policy wherever it stood still. */
function stepped(training: Training): { row: WrittenRow; stops: Standstill[]; policies: string[] } {
  const stops: Standstill[] = [];
  const policies: string[] = [];
  const steps = training.steps();
  for (let next = steps.next(); ; next = steps.next()) {
    if (next.done) return { row: next.value, stops, policies };
    stops.push(training.standstill());
    policies.push(policyOf(training));
  }
}

const policyOf = (training: Training): string => String(training.stored().policy.parameters);
const bytesOf = (training: Training): string => Buffer.from(encodePolicy(training.stored())).toString('hex');

const hot = { learningRate: 0.05 };
const configs: Record<string, Config> = {
  'PPO with rollback': configOf('FrozenLake-v1', {
    optimizer: hot,
    trustRegion: { ...ledger, delta: 0.001, onOvershoot: 'rollback' },
  }),
  'PPO with a stop rule and a Gaussian policy': configOf('Pendulum-v1', {
    optimizer: hot,
    trustRegion: { ...ledger, delta: 0.005, stop: { measure: 'exact', scope: 'minibatch' } },
  }),
  TRPO: configOf('CartPole-v1', { algorithm: 'trpo', trpo: { damping: 0 }, trustRegion: { delta: 0.3 } }),
};

describe.each(Object.entries(configs))('%s, step by step', (_, config) => {
  it.each([1, 2] as const)('comes to the same bytes, on %i threads, whoever looks meanwhile', (threads) => {
    const [whole, parts] = [open(config), open(config, threads)];
    for (let update = 1; update <= 3; update++) {
      const row = whole.update();
      const { row: own, stops, policies } = stepped(parts);
      expect(own).toEqual(row);
      expect(parts.drainLedger()).toEqual(whole.drainLedger());
      expect(bytesOf(parts)).toBe(bytesOf(whole));
      const isTrpo = config.algorithm === 'trpo';
      expect(stops).toHaveLength(isTrpo ? (row.backtracks as number) + 1 : row.gradientStepsApplied);
      expect(new Set(policies).size).toBe(policies.length);
    }
    whole.dispose();
    parts.dispose();
  });

  it('is left in the middle for an earlier state, and goes on from there as ever', () => {
    const training = open(config);
    training.update();
    const snapshot = training.snapshot();
    const row = training.update();
    const end = bytesOf(training);
    training.restore(snapshot);
    const steps = training.steps();
    steps.next();
    expect(() => training.snapshot()).toThrow('no snapshot: an update is under way');
    expect(() => training.update()).toThrow('an update is under way: its steps come first');
    training.restore(snapshot);
    expect(() => training.standstill()).toThrow('no update is under way');
    training.drainLedger();
    expect(training.update()).toEqual(row);
    expect(bytesOf(training)).toBe(end);
    training.dispose();
  });
});

it('a gradient step stands where the ledger has it, and the rollback comes after the last', () => {
  const training = open(configs['PPO with rollback'] as Config);
  const { row, stops, policies } = stepped(training);
  const rows = training.drainLedger();
  expect(stops.map(({ klOldNew }) => klOldNew)).toEqual(rows.map(({ klOldNew }) => klOldNew));
  expect(stops.map(({ klNewOld }) => klNewOld)).toEqual(rows.map(({ klNewOld }) => klNewOld));
  expect(row.stopReason).toBe('rolledBack');
  expect(stops.at(-1)?.klOldNew).toBeGreaterThan(0.001);
  expect(row.klOldNewMean).toBeLessThanOrEqual(0.001);
  expect(policyOf(training)).not.toBe(policies.at(-1));
  const [first] = stops as [Standstill];
  expect(first.farthest.observation).toHaveLength(1);
  expect(first.actions).toEqual(['left', 'down', 'right', 'up']);
  for (const of of [first.farthest.old, first.farthest.now])
    expect(of.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 6);
  const { old, now, kl } = first.farthest;
  expect(old.reduce((sum, p, a) => sum + p * Math.log(p / (now[a] as number)), 0)).toBeCloseTo(kl, 6);
});

it('a try of TRPO stands where its row says that the last one was', () => {
  const training = open(configs.TRPO as Config);
  let backtracks = 0;
  for (let update = 1; update <= 6; update++) {
    const { row, stops } = stepped(training);
    const last = stops.at(-1) as Standstill;
    expect(last.klOldNew).toBe(row.klActual);
    expect(last.surrogate - last.surrogateOld).toBeCloseTo(row.improvementActual as number, 8);
    backtracks += row.backtracks as number;
  }
  expect(backtracks).toBeGreaterThan(0);
});
