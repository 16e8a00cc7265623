import { expect, it } from 'vitest';
import { createTraining, type Settings } from '../../src/index.ts';
import { objectives } from '../../src/objective/objective.ts';

/* IdentityWorld: what cannot learn to name the number that is shown learns nothing. Of 16 steps chance gets 2. */
const ppo = { optimizer: { learningRate: 0.05 } } as const;
const cases: [string, Partial<Settings>][] = [
  ...objectives.map(({ kind }): [string, Partial<Settings>] => [
    `ppo, ${kind}`,
    { ...ppo, objective: { kind } },
  ]),
  ['trpo', { algorithm: 'trpo', trustRegion: { delta: 0.05 } }],
  ['npg', { algorithm: 'npg', trustRegion: { delta: 0.05 } }],
];

it.each(cases)('%s learns IdentityWorld', async (_, own) => {
  const training = await createTraining({
    config: {
      environment: { id: 'IdentityWorld', copies: 8 },
      steps: 8 * 64 * 16,
      rollout: { steps: 64 },
      network: { policy: { hidden: [] }, value: { hidden: [] } },
      advantage: { gamma: 0.5 },
      ...own,
    },
  });
  const returns = Array.from({ length: training.updates }, () => training.update().returnMean as number);
  training.dispose();
  expect(returns[0]).toBeLessThan(4);
  expect(returns.at(-1)).toBeGreaterThan(14.5);
});
