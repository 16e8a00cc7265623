import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { changesNoRun } from '../../src/config/aside.ts';
import { whyItMatters } from '../../src/config/diff.ts';
import { configJsonSchema, listFields } from '../../src/config/fields.ts';
import { readStudy } from '../../src/experiment/study-file.ts';
import { readSweep } from '../../src/experiment/sweep-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'leash-sweep-'));
const base = { steps: 1000, environment: { id: 'BernoulliBandit' }, rollout: { steps: 32 } };
writeFileSync(join(folder, 'base.json'), JSON.stringify({ ...base, ppo: { minibatchSize: 32 } }));

function file(content: object): string {
  const path = join(folder, 'file.json');
  writeFileSync(path, JSON.stringify({ base: 'base.json', ...content }));
  return path;
}

const thousand = { min: 0.1, max: 0.9, points: 1000 };

// That many points fit no memory: made first, they would end the process.
it('a grid is counted before a point of it is made', () => {
  const parameters = Object.fromEntries(
    ['advantage.gamma', 'advantage.gaeLambda', 'objective.clipRange', 'loss.valueCoefficient'].map((path) => [
      path,
      thousand,
    ]),
  );
  expect(() => readSweep(file({ parameters }), [], environmentOptions)).toThrow(
    'parameters must give at most 10000 points, got 1000000000000 (1000 × 1000 × 1000 × 1000)',
  );
});

const gamma = { 'advantage.gamma': [0.9, 0.99] };
const seedless = 'seed has no effect here: --seeds (or "seeds" of the file) says which are run';

it.each([
  [{ parameters: { seed: [1, 2] } }, seedless],
  [{ parameters: gamma, set: { seed: 1 } }, seedless],
  [{ parameters: { description: ['a', 'b'] } }, 'parameters.description: varying it changes no run'],
  [
    { parameters: { 'checkpoint.everyUpdates': [1, 2] } },
    'checkpoint.everyUpdates: varying it changes no run',
  ],
  [
    { parameters: { steps: [320, 640] }, halving: { leastSteps: 64 } },
    'parameters.steps has no effect with halving, whose rungs say the steps of all points',
  ],
  [
    {
      parameters: {
        'environment.options.means': [
          [0.1, 0.2],
          [0.3, 0.4],
        ],
      },
      halving: { leastSteps: 64 },
    },
    'halving ranks points by their returns, which are of different environments (means=0.1-0.2, means=0.3-0.4): leave out halving',
  ],
  [{ parameters: gamma, samples: 9 }, 'samples has no effect with method "grid"'],
  [{ parameters: gamma, seed: 9 }, 'seed has no effect with method "grid"'],
  [
    { parameters: { 'advantage.gamma': thousand }, method: 'random' },
    'parameters.advantage.gamma.points has no effect with method "random"',
  ],
  [
    { parameters: gamma, halving: { leastSteps: 1000 } },
    'halving.leastSteps must be < 1000, the steps of the config, got 1000',
  ],
])('a sweep does not pass over what has no effect: %j', (content, message) => {
  expect(() => readSweep(file(content), [], environmentOptions)).toThrow(message);
});

it('neither does a study, nor --set', () => {
  const study = file({ configs: { a: { seed: 1 } } });
  expect(() => readStudy(study, [], environmentOptions)).toThrow(`${seedless} (${study} configs.a seed)`);
  const seed = [{ path: 'seed', text: '5', origin: '--set' }];
  const read = [
    () => readStudy(join(folder, 'base.json'), seed, environmentOptions),
    () => readSweep(file({ parameters: gamma }), seed, environmentOptions),
  ];
  for (const each of read) expect(each).toThrow(`${seedless} (--set seed=5)`);
});

it('every setting of which training is the same whatever it says is refused as a parameter, and no other', () => {
  const paths = listFields(configJsonSchema()).map(({ path }) => path);
  const without = paths.filter((path) => /training is the same|Words only/.test(whyItMatters(path)));
  expect(without.length).toBeGreaterThan(8);
  expect(paths.filter(changesNoRun)).toEqual(without);
});

it.each([
  ['random', { min: 1, max: 2 }, ['epochs=2', 'epochs=1']],
  ['halton', { min: 1, max: 3 }, ['epochs=1', 'epochs=3', 'epochs=2']],
])(
  'of %s points whose configs are equal the first alone is one, under its own values',
  (method, range, labels) => {
    const path = file({ parameters: { 'ppo.epochs': range }, method, samples: 6 });
    const { asked, points, contestants } = readSweep(path, [], environmentOptions);
    expect(asked).toBe(6);
    expect(contestants.map(({ label }) => label)).toEqual(labels);
    expect(contestants.map(({ label, config }) => `${label} ${config.ppo.epochs}`)).toEqual(
      points.map(([epochs]) => `epochs=${epochs} ${epochs}`),
    );
  },
);

it('so is it in a grid, also of values that are written differently', () => {
  const parameters = {
    'advantage.gamma': [0.9, '0.9', 0.99],
    'ppo.epochs': { min: 1, max: 2, points: 4 },
  };
  const { asked, contestants } = readSweep(file({ parameters }), [], environmentOptions);
  expect(asked).toBe(12);
  expect(contestants.map(({ label }) => label)).toEqual([
    'gamma=0.9_epochs=1',
    'gamma=0.9_epochs=2',
    'gamma=0.99_epochs=1',
    'gamma=0.99_epochs=2',
  ]);
  const distinct = readSweep(file({ parameters: gamma }), [], environmentOptions);
  expect([distinct.asked, distinct.contestants.length]).toEqual([2, 2]);
});
