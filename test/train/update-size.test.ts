import { expect, test } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { configSchema } from '../../src/config/schema.ts';
import { mayTakeLong } from '../../src/train/update-size.ts';

const cartPole = { id: 'CartPole-v1', copies: 4 };
const isLong = (content: Record<string, unknown>): boolean => {
  const config = configSchema.parse({ environment: cartPole, ...content });
  const definition = findEnvironment(config.environment.id as string);
  const options = definition.options.parse(config.environment.options) as Record<string, unknown>;
  return mayTakeLong({ ...config, environment: { ...config.environment, options } }, definition);
};

test.each<[string, Record<string, unknown>]>([
  ['the workload of the benchmarks', { rollout: { steps: 128 } }],
  ['that of TRPO', { algorithm: 'trpo', environment: { ...cartPole, copies: 2 }, rollout: { steps: 512 } }],
  ['a small map', { environment: { id: 'GridWorld', options: { map: ['S..', '..G'] } } }],
])('an update of %s is short', (_, content) => {
  expect(isLong(content)).toBe(false);
});

test.each<[string, Record<string, unknown>]>([
  ['many steps', { rollout: { steps: 50_000 } }],
  ['many copies', { environment: { ...cartPole, copies: 4096 }, rollout: { steps: 128 } }],
  ['many epochs', { ppo: { epochs: 1000 } }],
  ['wide networks', { network: { policy: { hidden: [1024, 1024] } } }],
  ['many iterations of conjugate gradient', { algorithm: 'trpo', trpo: { cgIterations: 1000 } }],
  ['many epochs of the value network', { algorithm: 'trpo', trpo: { value: { epochs: 1000 } } }],
  ['another engine', { engine: 'reference' }],
  [
    'a large map',
    { environment: { id: 'GridWorld', options: { map: ['S'.padEnd(999, '.'), 'G'.padStart(999, '.')] } } },
  ],
  ['many arms', { environment: { id: 'ContextualBandit', options: { arms: 10_000 } } }],
])('an update with %s may take long', (_, content) => {
  expect(isLong(content)).toBe(true);
});
