import { expect, it } from 'vitest';
import { deltaRangeOf } from '../../src/config/delta-range.ts';
import { configSchema } from '../../src/config/schema.ts';

const trustRegion = (delta: unknown) =>
  configSchema.parse({ environment: { id: 'CartPole-v1' }, trustRegion: { delta } }).trustRegion;
const annealed = trustRegion({ schedule: 'linear', from: 0.02, to: 0 });
const branch = { update: 4 };

it.each([
  ['of a constant one', trustRegion(0.01), { updates: 8, updatesPlanned: 8 }, 0.01, 0.01],
  ['of a run', annealed, { updates: 8, updatesPlanned: 8 }, 0.0025, 0.02],
  ['of a run that was interrupted', annealed, { updates: 5, updatesPlanned: 8 }, 0.01, 0.02],
  ['of one before its first update', annealed, { updates: 0, updatesPlanned: 8 }, 0.02, 0.02],
  ['of a branch', annealed, { updates: 8, updatesPlanned: 8, parent: branch }, 0.0025, 0.01],
  ['of a branch before its first', annealed, { updates: 4, updatesPlanned: 8, parent: branch }, 0.01, 0.01],
] as const)('δ %s: least and greatest of the updates that it made', (_, delta, run, least, greatest) => {
  const range = deltaRangeOf(delta, run);
  expect(range.least).toBeCloseTo(least, 12);
  expect(range.greatest).toBeCloseTo(greatest, 12);
});
