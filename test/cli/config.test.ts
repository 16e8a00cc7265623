import { expect, test } from 'vitest';
import { overridesOf, wholeNumber } from '../../src/cli/flag-values.ts';
import { describeConfig } from '../../src/cli/print/config.ts';
import { environmentOptions } from '../../envs/environment-options.ts';
import { type LoadedConfig, parseAssignment, resolveConfig } from '../../src/config/load.ts';

function load(written: unknown, ...assignments: string[]): LoadedConfig {
  const overrides = assignments.map(parseAssignment);
  const { loaded, problems } = resolveConfig(written, 'x.json', overrides, environmentOptions);
  if (loaded === undefined) throw new Error(problems.join('\n'));
  return loaded;
}

const written = { environment: { id: 'FrozenLake-v1', options: { slippery: false } }, ppo: { epochs: 4 } };

test('config show marks what is not the default and says where it was given', () => {
  const lines = describeConfig(load(written, 'seed=3', 'optimizer.learningRate=1e-3'), false);
  const words = lines.map((line) => line.split(/\s+/).filter((word) => word !== ''));
  expect(words).toContainEqual(['*', 'seed', '3', '--set']);
  expect(words).toContainEqual(['*', 'optimizer.learningRate', '0.001', '--set']);
  expect(words).toContainEqual(['*', 'environment.options.slippery', 'false', 'x.json']);
  // Given, but what it would be anyway.
  expect(words).toContainEqual(['ppo.epochs', '4', 'x.json']);
  expect(words).toContainEqual(['environment.options.timeLimit', '100']);
  expect(words).toContainEqual(['advantage.gaeLambda', '0.95']);
});

test('config show marks nothing else, whatever is null by default', () => {
  const marked = describeConfig(load({ environment: { id: 'CartPole-v1' } }), false).filter((line) =>
    line.startsWith('*'),
  );
  expect(marked).toEqual([expect.stringMatching(/^\* environment\.id +"CartPole-v1" +x\.json$/)]);
});

test('config show has one line for a section that is null', () => {
  const lines = describeConfig(load(written, 'trustRegion.stop=null'), false);
  const stop = lines.filter((line) => line.includes('trustRegion.stop'));
  expect(stop).toHaveLength(1);
  expect(stop[0]).toMatch(/^\* trustRegion\.stop +null +--set$/);
});

test('config show --explain adds meaning, range and default', () => {
  const text = describeConfig(load(written), true).join('\n');
  expect(text).toMatch(
    /advantage\.gaeLambda +0\.95\n +λ of generalised advantage.*\n +in \[0, 1\]; default 0\.95\n/,
  );
});

test('a setting is set once, alone or with the section around it', () => {
  const both = (...set: string[]) => overridesOf({ set });
  expect(() => both('seed=1', 'steps=64', 'seed=2')).toThrow(
    '--set seed=1 would be replaced by --set seed=2; leave one of them out',
  );
  expect(() => both('objective.clipRange=0.1', 'objective={"kind":"clip"}')).toThrow(
    '--set objective.clipRange=0.1 would be replaced by --set objective={"kind":"clip"}; leave one of them out',
  );
  expect(both('objective={"kind":"clip"}', 'objective.clipRange=0.1', 'objective.clip=1')).toHaveLength(3);
  expect(overridesOf({ set: 'seed=1', seed: '2', env: 'CartPole-v1' }).map(({ text }) => text)).toEqual([
    'CartPole-v1',
    '1',
    '2',
  ]);
});

test.each(['0x10', '0b1', 'Infinity', '1_000'])('a number in decimals alone is set, not %s', (text) => {
  expect(() => load(written, `steps=${text}`)).toThrow(
    `steps must be an integer in [1, 1000000000000], got "${text}" (--set steps=${text})`,
  );
  expect(() => wholeNumber('workers', text, 1)).toThrow(`--workers must be an integer ≥ 1, got ${text}`);
});
