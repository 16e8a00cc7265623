import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import { configJsonSchema, listFields } from '../../src/config/fields.ts';
import { inspectConfig } from '../../src/node/load-config.ts';
import { configMarkdown } from '../../src/config/markdown.ts';
import { learnsNothing, needed, showsFailure, taskOf } from '../learning/thresholds.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
// Schemas, and fits, which have one of their own: schemas.test.ts.
const configs = readdirSync(new URL('configs/', root)).filter((file) =>
  /^(?!schema|fit-|study-|sweep-).*\.json$/.test(file),
);

test('docs/configs.md holds the tables that `leash config schema --markdown` prints', () => {
  expect(read('docs/configs.md')).toContain(configMarkdown());
});

test('every field has a meaning in words', () => {
  const silent = listFields(configJsonSchema()).filter(({ schema }) => !schema.description);
  expect(silent.map(({ path }) => path)).toEqual([]);
});

test.each(configs)('configs/%s is without problems, names the schema and says what it is for', (file) => {
  const path = new URL(`configs/${file}`, root).pathname;
  const { loaded, problems } = inspectConfig(path, [], environmentOptions);
  expect(problems).toEqual([]);
  expect(JSON.parse(read(`configs/${file}`)).$schema).toBe('./schema.json');
  expect(loaded?.config.description).not.toBe('');
});

test.each(configs)('configs/%s holds overrides only: nothing in it is the default', (file) => {
  const path = new URL(`configs/${file}`, root).pathname;
  const { loaded } = inspectConfig(path, [], environmentOptions);
  if (loaded === undefined) throw new Error('has problems');
  const { config, schema, origins } = loaded;
  const valueAt = (path: string): unknown =>
    path.split('.').reduce<unknown>((here, key) => (here as Record<string, unknown> | null)?.[key], config);
  const idle = listFields(schema).filter(
    ({ path, schema: field }) =>
      origins.has(path) && JSON.stringify(valueAt(path)) === JSON.stringify(field.default),
  );
  expect(idle.map(({ path }) => path)).toEqual([]);
});

test('what `config show --json` prints is a config that says the same', () => {
  for (const file of configs) {
    const path = new URL(`configs/${file}`, root).pathname;
    const { loaded } = inspectConfig(path, [], environmentOptions);
    const options = loaded?.config.environment.options as Record<string, unknown>;
    const id = loaded?.config.environment.id as string;
    expect(environmentOptions.resolve({ id }, options, () => file)).toEqual(options);
  }
});

/** Configs that shall differ in their objective alone, by the one that they are compared with. */
const yardsticks: Record<string, string> = {
  'bandit-bernoulli': 'bandit-bernoulli-clip',
  'frozen-lake-4x4': 'frozen-lake-4x4-clip',
  'cliff-walking': 'cliff-walking-clip',
  'cart-pole': 'cart-pole-clip-4x128',
  pendulum: 'pendulum-clip',
  acrobot: 'acrobot-clip',
  'mountain-car': 'mountain-car-clip',
};
const objectives = [
  ...['kl-penalty', 'adaptive-kl', 'surrogate', 'clip-and-kl-penalty'],
  ...['dual-clip', 'soft-clip', 'sample-penalty'],
  ...['clip-higher', 'spo', 'cispo', 'rollback-clip'],
  ...['divergence-mask', 'sapo', 'soft-gate'],
];

test.each(
  Object.entries(yardsticks).flatMap(([task, clip]) => objectives.map((o) => [`${task}-${o}`, clip])),
)('configs/%s differs from %s in its objective alone', (file, clip) => {
  const parsed = (name: string): Record<string, unknown> => JSON.parse(read(`configs/${name}.json`));
  const { objective, description: _, ...rest } = parsed(file as string);
  const { objective: __, description: ___, ...yardstick } = parsed(clip as string);
  expect(rest).toEqual(yardstick);
  expect(objective).toBeDefined();
});

/** Of the trust regions that came later, in five worlds. */
const worlds = ['bandit-bernoulli', 'frozen-lake-4x4', 'cliff-walking', 'cart-pole', 'pendulum'];

test.each(worlds)(
  'configs/%s-trust-region-clip differs from the clip in its objective, -each-state in its region, -projection in both',
  (world) => {
    const parsed = (name: string): Record<string, unknown> => JSON.parse(read(`configs/${name}.json`));
    const without = (name: string, key: string) => {
      const { description: _, [key]: own, ...rest } = parsed(name);
      return { own, rest };
    };
    const clip = yardsticks[world] as string;
    const ranges = without(`${world}-trust-region-clip`, 'objective');
    expect(ranges.own).toEqual({ kind: 'trustRegionClip' });
    expect(ranges.rest).toEqual(without(clip, 'objective').rest);
    const states = without(`${world}-each-state`, 'trustRegion');
    expect(states.own).toMatchObject({ over: 'perState', onOvershoot: 'rollback' });
    expect(states.rest).toEqual(without(clip, 'trustRegion').rest);
    const { rest, own } = without(`${world}-projection`, 'trustRegion');
    expect(own).toEqual({ stop: null, projection: { regression: {} } });
    const { objective, ...others } = rest;
    const { objective: _, ...ofClip } = without(clip, 'trustRegion').rest;
    expect([objective, others]).toEqual([{ kind: 'surrogate' }, ofClip]);
  },
);

test.each(worlds)('configs/%s-adaptive-rate differs from the clip in its step size alone', (world) => {
  const parsed = (name: string): Record<string, unknown> => JSON.parse(read(`configs/${name}.json`));
  const { optimizer, description: _, ...rest } = parsed(`${world}-adaptive-rate`);
  const { optimizer: __, description: ___, ...yardstick } = parsed(yardsticks[world] as string);
  expect(rest).toEqual(yardstick);
  expect(optimizer).toMatchObject({ learningRate: { schedule: 'klAdaptive' } });
});

test('every shipped config has a threshold that nine of ten seeds must reach', () => {
  for (const file of configs) expect(taskOf(file.replace('.json', '')).thresholds).not.toEqual([]);
  expect([2, 5, 10, 20].map(needed)).toEqual([2, 5, 9, 18]);
  expect(() => taskOf('lunar-lander-clip')).toThrow('configs/lunar-lander-clip.json has no threshold');
});

test('the thresholds are those of the task, the longest name first', () => {
  const least = (config: string): number[] => taskOf(config).thresholds.map((threshold) => threshold.least);
  expect(least('bandit-bernoulli-soft-clip')).toEqual([0.95]);
  expect(least('frozen-lake-4x4-conv')).toEqual([0.7]);
  expect(least('frozen-lake-8x8-clip')).toEqual([0.8]);
  expect(least('cliff-walking-surrogate')).toEqual([-13]);
  expect(least('cart-pole-surrogate')).toEqual([470]);
  expect(least('cart-pole-clip-4x128')).toEqual([470, 475]);
  expect(least('pendulum-clip-and-kl-penalty')).toEqual([-250]);
  expect(least('mountain-car-trpo')).toEqual([-150]);
  expect(least('acrobot-surrogate')).toEqual([-100]);
  expect(least('pendulum-adaptive-kl')).toEqual([-250, 0.7]);
});

test('a config that is there to show a failure says so in its description, and the README names it', () => {
  const marked = configs.filter((file) => showsFailure(JSON.parse(read(`configs/${file}`)).description));
  expect(marked).toEqual([
    'acrobot-cispo.json',
    'cart-pole-cispo.json',
    'cart-pole-projection.json',
    'mountain-car-cispo.json',
    'pendulum-cispo.json',
    'pendulum-sapo.json',
    'pendulum-soft-clip.json',
    'pendulum-surrogate.json',
  ]);
  // Of these nine of ten seeds must miss it.
  const hopeless = marked.filter((file) => learnsNothing(JSON.parse(read(`configs/${file}`)).description));
  expect(hopeless).toEqual(marked.slice(4));
  for (const file of marked) expect(read('README.md')).toContain(`\`${file.replace('.json', '')}\``);
});
