import { expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { knownReturnsOfRuns, NOTHING_KNOWN } from '../../src/experiment/known-returns.ts';
import { openEnvironments } from '../../src/node/environments.ts';

const environmentOf = (environment: object) => configSchema.parse({ environment }).environment;

it('of runs of a built-in environment it is known what they can return, and the best', async () => {
  const environment = environmentOf({ id: 'CartPole-v1', options: { timeLimit: 200 } });
  expect(await knownReturnsOfRuns(environment, openEnvironments().resolve)).toMatchObject({
    bestReturn: { value: 200 },
    returnBounds: { least: 1, greatest: 200 },
  });
});

it.each([{ module: 'theirs.ts' }, { id: 'gym:CartPole-v1' }])(
  'the code that runs name as %j is not run to know it',
  async (named) => {
    const resolve = () => Promise.reject(new Error('it was run'));
    expect(await knownReturnsOfRuns(environmentOf(named), resolve)).toBe(NOTHING_KNOWN);
  },
);
