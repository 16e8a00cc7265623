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

/** Goes back. @returns updates that had to be made again on the way */
function goBack(training: TabTraining, update: number): number {
  training.rewind(update);
  let again = 0;
  for (; training.isGoingBack; again++) training.next();
  expect(training.update).toBe(update);
  return again;
}

it.each(['quickstart', 'cart-pole-trpo', 'pendulum-adaptive-kl'])(
  'goes back in %s to any update, and comes to the same bytes again',
  (name) => {
    const training = new TabTraining(configOf(name, { steps: '65536' }), engine);
    const hashes = [training.sha256()];
    const rows = Array.from({ length: 3 }, () => {
      const row = training.next();
      hashes.push(training.sha256());
      return row;
    });
    expect(new Set(hashes).size).toBe(4);
    for (const update of [2, 0]) {
      expect(goBack(training, update)).toBe(0);
      expect(training.sha256()).toBe(hashes[update]);
      expect(train(training, 3)).toEqual(rows.slice(update));
      expect(training.sha256()).toBe(hashes[3]);
    }
  },
);

it('keeps fewer states where all are too many bytes, and makes those between again, by the settings that they had', () => {
  const config = configOf('quickstart', short);
  const other = configOf('quickstart', {
    ...short,
    'objective.kind': 'clipAndKlPenalty',
    'objective.beta': '3',
  });
  // Room for three or four of them.
  const training = new TabTraining(config, engine, undefined, 700_000);
  const hashes = [training.sha256()];
  for (let update = 1; update <= 12; update++) {
    if (update === 6 || update === 10) training.change(update === 6 ? other : config);
    training.next();
    hashes.push(training.sha256());
  }
  const again = [11, 10, 7, 6, 5, 3].map((update) => {
    const made = goBack(training, update);
    expect([update, training.sha256()]).toEqual([update, hashes[update]]);
    return made;
  });
  expect(Math.max(...again)).toBeGreaterThan(0);
  // What was set last holds from where it went back to.
  const fresh = new TabTraining(config, engine);
  train(fresh, 5);
  train(training, 5);
  expect(training.sha256()).toBe(fresh.sha256());
});

it('goes back from the middle of an update, and makes the rest of one in one go', () => {
  const training = new TabTraining(configOf('quickstart', short), engine);
  const rows = train(training, 2);
  const end = training.sha256();
  goBack(training, 0);
  train(training, 1);
  expect([training.step(), training.step()]).toEqual([undefined, undefined]);
  const amid = training.sha256();
  expect([training.isUnderWay, training.update]).toEqual([true, 1]);
  expect(training.next()).toEqual(rows[1]);
  expect([training.isUnderWay, training.sha256()]).toEqual([false, end]);
  training.step();
  expect(goBack(training, 1)).toBe(0);
  expect(training.isUnderWay).toBe(false);
  expect(training.next()).toEqual(rows[1]);
  goBack(training, 0);
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
  goBack(training, 0);
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
