import { expect, it } from 'vitest';
import { findEnvironment } from '../../envs/registry.ts';
import { configSchema } from '../../src/config/schema.ts';
import { randomStream } from '../../src/random/random.ts';
import { fuzzCommandLines } from './command-lines.ts';
import { fuzzConfigs, randomMap, tryConfig } from './configs.ts';

/* The short form of `npm run fuzz`; each run of the suite draws others. */

const seed = Number(process.env.LEASH_TEST_SEED);

it('random configs are trained or refused in words', () => {
  const counts = fuzzConfigs(40, seed);
  expect(counts.trained + counts['not finite']).toBeGreaterThan(3);
  expect(counts.refused).toBeGreaterThan(3);
}, 300_000);

it('random maps are walked or refused in words', () => {
  const outcomes = Array.from({ length: 40 }, (_, i) => {
    const random = randomStream(seed, `map/${i}`);
    const environment = { id: 'GridWorld', copies: 1, options: { map: randomMap(random) } };
    return tryConfig({ environment, rollout: { steps: 8 }, ppo: { minibatchSize: 8 } }, random);
  });
  expect(new Set(outcomes)).toEqual(new Set(['trained', 'refused']));
}, 300_000);

it('random command lines get an answer or one line', async () => {
  const counts = await fuzzCommandLines(4, seed);
  expect(Object.values(counts).reduce((a, b) => a + b)).toBe(4);
}, 300_000);

it('would tell what is no answer', () => {
  const config = configSchema.parse({ environment: { id: 'CartPole-v1' } });
  const { timeLimit } = findEnvironment('CartPole-v1').options.parse({}) as { timeLimit: number };
  expect(timeLimit).toBe(500);
  const broken = {
    ...config,
    get steps() {
      throw new TypeError('a bug');
    },
  };
  expect(() => tryConfig(broken as never, randomStream(0, 'x'))).toThrow('a bug');
});
