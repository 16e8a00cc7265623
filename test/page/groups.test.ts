import { expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import type { ToldRun } from '../../src/dashboard/wire.ts';
import { groupsOf } from '../../src/page/dashboard/groups.ts';

/** A run as the server tells of it, as far as groups ask. */
function told(id: string, seed: number, over: Partial<ToldRun> = {}): ToldRun {
  const config = configSchema.parse({ environment: { id: 'CartPole-v1' }, seed });
  const run: Partial<ToldRun> = { id, seed, config, name: 'a', parent: null, files: null, problems: [] };
  return { ...run, ...over } as ToldRun;
}

it('a group has each seed once; a copy of one, and a run without a config, are left out and named', () => {
  const { groups, leftOut } = groupsOf([
    told('a/seed-0-old', 0),
    told('a/seed-1', 1),
    told('a/seed-0', 0),
    told('b/seed-0', 0),
    told('b/seed-1', 1, { config: null, problems: ['b/seed-1/config.json: not valid JSON'] }),
  ]);
  expect(groups.map(({ label, runs }) => [label, runs.map(({ id }) => id)])).toEqual([
    ['a', ['a/seed-0', 'a/seed-1']],
    ['b', ['b/seed-0']],
  ]);
  expect(leftOut).toEqual([
    'b/seed-1 is left out: b/seed-1/config.json: not valid JSON',
    'a/seed-0-old is left out: it is seed 0 of one config, as a/seed-0 is',
  ]);
});
