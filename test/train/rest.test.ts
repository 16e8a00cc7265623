import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { reached } from '../learning/reached.ts';
import { taskOf } from '../learning/thresholds.ts';

/* The short form of `npm run learn -- tokens`: one β, one seed. */

const at = async (config: string): Promise<number> => {
  const file = fileURLToPath(new URL(`../../configs/${config}.json`, import.meta.url));
  const task = taskOf(config);
  const [figure] = await reached(file, { ...task, variants: ['reference.beta=0.1'] }, 0);
  return -(figure as number);
};

it('exact KL with the whole gradient of a sequence’s reaches the optimum', async () => {
  expect(await at('tokens-sequence-kl')).toBeLessThan(0.01);
});

it('the token-level loss alone comes to rest where that is predicted, away from the optimum', async () => {
  expect(await at('tokens-token-kl')).toBeLessThan(0.01);
  const file = fileURLToPath(new URL('../../configs/tokens-token-kl.json', import.meta.url));
  const [toOptimum] = await reached(
    file,
    { ...taskOf('tokens-sequence-kl'), variants: ['reference.beta=0.1'] },
    0,
  );
  expect(-(toOptimum as number)).toBeGreaterThan(0.05);
});
