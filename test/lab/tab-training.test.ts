import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadEngine } from '../../src/node/load-engine.ts';
import { checkedConfig } from '../../src/page/lab/checked-config.ts';
import { presets, settingsOf } from '../../src/page/lab/presets.ts';
import { TabTraining } from '../../src/page/lab/tab-training.ts';
import { built } from '../built.ts';
import { temporaryFolder } from '../plot/runs-on-disk.ts';

const engine = await loadEngine('wasm');

function configOf(name: string, settings: Readonly<Record<string, string>>) {
  const text = readFileSync(new URL(`../../configs/${name}.json`, import.meta.url), 'utf8');
  return checkedConfig({ text, place: `${name}.json`, settings });
}

const short = { steps: '8192', 'optimizer.learningRate': '0.01' };
const train = (training: TabTraining, until: number): unknown[] =>
  Array.from({ length: until - training.update }, () => training.next());

it.each(['quickstart', 'cart-pole-trpo', 'pendulum-adaptive-kl'])(
  'goes back in %s, and comes to the same bytes again',
  (name) => {
    const training = new TabTraining(configOf(name, { steps: '65536' }), engine);
    const until = 3 * training.every;
    const rows = train(training, until);
    const end = training.sha256();
    expect(training.rewind(until - 1)).toBe(2 * training.every);
    expect(training.update).toBe(2 * training.every);
    expect(training.sha256()).not.toBe(end);
    expect(train(training, until)).toEqual(rows.slice(2 * training.every));
    expect(training.sha256()).toBe(end);
    expect(training.rewind(0)).toBe(0);
    expect(train(training, until)).toEqual(rows);
  },
);

it('goes back from the middle of an update, and makes the rest of one in one go', () => {
  const training = new TabTraining(configOf('quickstart', short), engine);
  const rows = train(training, 2);
  const end = training.sha256();
  training.rewind(0);
  train(training, 1);
  expect([training.step(), training.step()]).toEqual([undefined, undefined]);
  const amid = training.sha256();
  expect([training.isUnderWay, training.update]).toEqual([true, 1]);
  expect(training.next()).toEqual(rows[1]);
  expect([training.isUnderWay, training.sha256()]).toEqual([false, end]);
  training.step();
  expect(training.rewind(0)).toBe(0);
  expect(training.isUnderWay).toBe(false);
  expect(train(training, 2)).toEqual(rows);
  expect(amid).not.toBe(end);
});

it('goes back to its beginning, and on with other settings as a new one would', () => {
  const others = configOf('quickstart', { ...short, 'trustRegion.delta': '0.005', 'ppo.epochs': '3' });
  const fresh = new TabTraining(others, engine);
  train(fresh, 6);
  const training = new TabTraining(configOf('quickstart', short), engine);
  train(training, 5);
  training.change(others);
  train(training, 7);
  expect(training.rewind(0)).toBe(0);
  train(training, 6);
  expect(training.sha256()).toBe(fresh.sha256());
});

it('goes on with other settings as leash train --from does', () => {
  const runs = temporaryFolder();
  const words = (settings: Readonly<Record<string, string>>): string[] =>
    Object.entries(settings).flatMap(([path, value]) => ['--set', `${path}=${value}`]);
  const changed = {
    'objective.kind': 'clipAndKlPenalty',
    'objective.beta': '3',
    'ppo.epochs': '4',
    'trustRegion.delta': '0.05',
  };
  const leash = (...args: string[]): void => {
    execFileSync(process.execPath, [built, 'train', ...args, '--runs', runs, '--quiet', '--threads', '1']);
  };
  const checkpoints = { 'checkpoint.everyUpdates': '6', 'checkpoint.keep': '9' };
  leash('quickstart', '--name', 'first', ...words({ ...short, ...checkpoints }));
  leash('--from', join(runs, 'first/seed-0@6'), '--name', 'other', ...words(changed));
  const record = JSON.parse(readFileSync(join(runs, 'other/seed-0/run.json'), 'utf8')) as {
    parametersSha256: string;
  };
  const training = new TabTraining(configOf('quickstart', short), engine);
  train(training, 6);
  training.change(configOf('quickstart', { ...short, ...changed }));
  train(training, training.updates);
  expect(training.sha256()).toBe(record.parametersSha256);
});

it('refuses what a tab has no memory for, in one line', () => {
  const large = { 'network.policy.hidden': '[4096,4096,4096]', 'rollout.steps': '8192' };
  expect(() => configOf('quickstart', large)).toThrow(
    /^about [\d.]+ GB of memory would be needed, a tab takes 2 GB: that a tab cannot train, leash train can \(quickstart\.json\)$/,
  );
});

it.each(presets)('what is said of $name is of its settings', ({ name }) => {
  const preset = presets.find((each) => each.name === name) as (typeof presets)[number];
  const file = new URL('../../src/page/lab/preset-counts.json', import.meta.url);
  const counts = JSON.parse(readFileSync(file, 'utf8')) as {
    preset: string;
    seeds: number;
    sides: { settings: object; collapsed: number; returns: (number | null)[]; sha256OfSeed0: string }[];
  }[];
  const found = counts.find((each) => each.preset === name);
  expect(found?.seeds).toBe(20);
  expect(found?.sides.map(({ settings }) => settings)).toEqual(
    [false, true].map((isLeashed) => settingsOf(preset, preset.knobs, isLeashed)),
  );
  for (const { collapsed, returns } of found?.sides ?? []) {
    expect(returns).toHaveLength(20);
    expect(returns.filter((each) => each === null || each < preset.collapsedBelow)).toHaveLength(collapsed);
  }
  const [without, on] = found?.sides ?? [];
  expect(without?.collapsed).toBeGreaterThanOrEqual(15);
  expect(on?.collapsed).toBeLessThanOrEqual(3);
  const words = readFileSync(new URL('../../docs/lab.md', import.meta.url), 'utf8').replaceAll('\n', ' ');
  expect(words).toMatch(new RegExp(`in ${without?.collapsed} and ${on?.collapsed}\\b`));
});

it('the first of the runs that were counted is made again in a tab', () => {
  const [preset] = presets;
  const file = new URL('../../src/page/lab/preset-counts.json', import.meta.url);
  const [found] = JSON.parse(readFileSync(file, 'utf8')) as [{ sides: { sha256OfSeed0: string }[] }];
  for (const isLeashed of [false, true]) {
    const training = new TabTraining(
      configOf(preset.config, {
        ...settingsOf(preset, preset.knobs, isLeashed),
        'trustRegion.ledger': 'true',
      }),
      engine,
    );
    train(training, training.updates);
    expect(training.sha256()).toBe(found.sides[Number(isLeashed)]?.sha256OfSeed0);
  }
});
