import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { environmentOptions } from '../../envs/environment-options.ts';
import type { Contestant } from '../../src/experiment/experiment.ts';
import { sharesEnvironment } from '../../src/experiment/pairs.ts';
import { parseSeeds } from '../../src/experiment/seeds.ts';
import { readStudy } from '../../src/experiment/study-file.ts';
import { readSweep } from '../../src/experiment/sweep-file.ts';

const folder = new URL('../../configs/studies', import.meta.url).pathname;
const files = readdirSync(folder).map((name) => `${folder}/${name}`);

it.each(files)(
  '%s is a study or sweep of several configs, in each world on one environment, and several seeds',
  (file) => {
    const isSweep = 'parameters' in (JSON.parse(readFileSync(file, 'utf8')) as object);
    const { contestants, seeds } = (isSweep ? readSweep : readStudy)(file, [], environmentOptions);
    expect(contestants.length).toBeGreaterThan(1);
    const worlds = new Map<string | undefined, Contestant>();
    for (const each of contestants) {
      const world = each.world;
      const first = worlds.get(world) ?? each;
      worlds.set(world, first);
      expect(sharesEnvironment(first, each)).toBe(true);
    }
    expect(parseSeeds(seeds ?? '', file).length).toBeGreaterThanOrEqual(4);
  },
);

it('configs and worlds come in the order of the file, where they are called by numbers too', () => {
  const place = mkdtempSync(join(tmpdir(), 'leash-study-'));
  const file = join(place, 'study.json');
  writeFileSync(join(place, 'base.json'), '{"environment": {"id": "CartPole-v1"}}');
  writeFileSync(
    file,
    '{"base": "base.json", "seeds": "2", "worlds": {"8": {}, "4": {}}, "configs": {"2": {}, "1": {}}}',
  );
  const { contestants } = readStudy(file, [], environmentOptions);
  expect(contestants.map(({ label }) => label)).toEqual(['2.8', '1.8', '2.4', '1.4']);
  rmSync(place, { recursive: true });
});
