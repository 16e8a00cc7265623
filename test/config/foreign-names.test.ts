import { expect, test } from 'vitest';
import { configJsonSchema, jsonSchemaOf, listFields } from '../../src/config/fields.ts';
import { foreignNames, sectionMeantBy, settingMeantBy } from '../../src/config/foreign-names.ts';
import { fitSchema } from '../../src/fit/schema.ts';

test('every setting that others call otherwise is one of a config or a fit', () => {
  const paths = [configJsonSchema(), jsonSchemaOf(fitSchema)].flatMap((schema) =>
    listFields(schema).map(({ path }) => path),
  );
  const isThere = (setting: string): boolean =>
    paths.some((path) => path === setting || path.startsWith(`${setting}.`));
  expect(Object.keys(foreignNames).filter((setting) => !isThere(setting))).toEqual([]);
});

test('no name is said twice of one setting', () => {
  for (const names of Object.values(foreignNames).map((each) => each.split(', ')))
    expect(names).toEqual([...new Set(names)]);
});

test.each([
  ['target_kl', 'trustRegion.delta'],
  ['num_minibatches', 'ppo.minibatchSize'],
  ['vf-loss-coeff', 'loss.valueCoefficient'],
  ['entropy', 'loss.entropyCoefficient'],
  ['batch', 'ppo.minibatchSize'],
  ['save-freq', 'checkpoint.everyUpdates'],
])('%s means %s', (name, setting) => {
  expect(settingMeantBy(name, configJsonSchema())).toBe(setting);
});

test.each([
  ['loss', ['loss.entropyCoefficient', 'loss.valueCoefficient', 'loss.valueClip', 'loss.valueClipRange']],
  ['line-search', ['trpo.lineSearch.shrink', 'trpo.lineSearch.tries']],
  ['trust-region.stop', ['trustRegion.stop.measure', 'trustRegion.stop.scope', 'trustRegion.stop.factor']],
  ['tensorboard', []],
  ['', []],
])('%j is the section of %j', (name, settings) => {
  expect(sectionMeantBy(name, configJsonSchema())).toEqual(settings);
});
