import { expect, it } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { resolveConfig } from '../../src/config/load.ts';
import { notForTabs } from '../../src/lab/tab.ts';
import { offeredConfigs } from '../../src/lab/site.ts';

function problemOf(written: unknown): string | undefined {
  const { loaded, problems } = resolveConfig(written, 'a.json', [], environmentOptions);
  if (loaded === undefined) throw new Error(problems.join('\n'));
  return notForTabs(loaded.config, 'a.json');
}

const lake = { environment: { id: 'FrozenLake-v1' } };

it.each<[Record<string, unknown>, RegExp | undefined]>([
  [lake, undefined],
  [{ ...lake, engine: 'reference' }, undefined],
  [{ ...lake, reference: { policy: 'initial' } }, undefined],
  [{ ...lake, $schema: './schema.json' }, undefined],
  [
    { environment: { id: 'gym:CartPole-v1' } },
    /^environment\.id "gym:CartPole-v1" is an environment of Gymnasium/,
  ],
  [{ environment: { module: './my-env.ts' } }, /^environment\.module "\.\/my-env\.ts" is a file of code: /],
  [{ ...lake, engine: 'tfjs' }, /^engine "tfjs" is TensorFlow\.js: /],
  [
    { ...lake, network: { initialWeights: 'a/policy.safetensors' } },
    /^network\.initialWeights "a\/policy\.safetensors" is a file: /,
  ],
  [{ ...lake, reference: { policy: 'runs/a@3' } }, /^reference\.policy "runs\/a@3" is a file: /],
])('%j in a tab: %s', (written, line) => {
  const problem = problemOf(written);
  if (line === undefined) return expect(problem).toBeUndefined();
  expect(problem).toMatch(line);
  expect(problem).toMatch(/: that a tab cannot train, leash train can \(a\.json\)$/);
});

it('offers every shipped config of training but those that need files', () => {
  const offered = Object.keys(offeredConfigs(environmentOptions));
  expect(offered.length).toBeGreaterThan(110);
  expect(offered).toContain('quickstart');
  expect(offered).not.toContain('fit-flowers');
  expect(offered).not.toContain('schema');
});
