import { expect, test } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import {
  hashOfConfig,
  isOfShard,
  parseShard,
  reportCommand,
  shardOf,
  studyDifference,
} from '../../src/experiment/shard.ts';

const config = (over: object = {}) =>
  configSchema.parse({ steps: 64, environment: { id: 'BernoulliBandit' }, ...over });
const study = (labels: Record<string, object>, seeds = [0, 1]) =>
  shardOf(
    { index: 1, count: 2 },
    {
      name: 'x',
      command: 'leash compare a.json --name x',
      contestants: Object.entries(labels).map(([label, over]) => ({ label, config: config(over) })),
      seeds,
    },
  );

test('every run is of one shard, and shards have as many runs of each config as can be', () => {
  for (const count of [1, 2, 3, 4, 7, 100])
    for (const configs of [1, 2, 3, 4, 8]) {
      const runs = configs * 12;
      const shards = Array.from({ length: count }, (_, i) =>
        Array.from({ length: runs }, (_, place) => place).filter((place) =>
          isOfShard({ index: i + 1, count }, place),
        ),
      );
      expect(shards.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: runs }, (_, i) => i));
      const sizes = shards.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  // Four configs on four shards: not one config each.
  const own = Array.from({ length: 16 }, (_, place) => place).filter((place) =>
    isOfShard({ index: 2, count: 4 }, place),
  );
  expect(own.map((place) => place % 4).sort()).toEqual([0, 1, 2, 3]);
});

test('--shard is a part of a whole', () => {
  expect(parseShard('2/4')).toEqual({ index: 2, count: 4 });
  for (const text of ['0/4', '5/4', '1/0', 'a/b', '1', '1/2/3', '-1/2', '1.5/2', '1/1000000', '1/', ' '])
    expect(() => parseShard(text)).toThrow(
      `--shard must be i/n, the i-th of n parts with 1 ≤ i ≤ n ≤ 100000, got ${JSON.stringify(text)}`,
    );
});

test('a study is its labels and settings; seeds, words, checkpoints and the folders of files are not', () => {
  expect(hashOfConfig(config({ seed: 3, description: 'x', checkpoint: null }))).toBe(hashOfConfig(config()));
  const weights = (file: string) => hashOfConfig(config({ network: { initialWeights: file } }));
  expect(weights('/data/a.safetensors')).toBe(weights('../a.safetensors'));
  expect(weights('b.safetensors')).not.toBe(weights('a.safetensors'));
  const a = study({ clip: {}, kl: { steps: 128 } });
  expect(studyDifference(study({ clip: {}, kl: { steps: 128 } }, [5]), a)).toBeUndefined();
  expect(studyDifference(study({ clip: {}, kl: { steps: 256 } }), a)).toBe('other settings of kl');
  expect(studyDifference(study({ clip: {} }), a)).toBe('configs clip, not clip, kl');
  expect(studyDifference({ ...a, leash: '0.1.0' }, a)).toBe(`leash 0.1.0, not ${a.leash}`);
});

test('the command of the report is for the folder that it is in', () => {
  const shard = study({ clip: {} });
  expect(reportCommand(shard, 'runs', 'x')).toBe('leash compare a.json --name x');
  expect(reportCommand(shard, '/data/my runs', 'y z')).toBe(
    "leash compare a.json --name 'y z' --runs '/data/my runs'",
  );
});
